#!/usr/bin/env bash
# lr_schedule_test.sh LR_SCHEDULE CONFIG: what the program says and writes.
set -uo pipefail

lr_schedule=$PWD/$1
config=$2
unset BUILD_WORKING_DIRECTORY
out=$TEST_TMPDIR
small=$out/small.yaml
failed=0

fail() {
  echo "FAILED: $*"
  failed=1
}

# expect_error WORDS ARGS...: exit 2 and the words.
expect_error() {
  local words=$1
  shift
  output=$("$lr_schedule" "$@" 2>&1)
  [ $? -eq 2 ] || fail "$* did not exit with 2: $output"
  grep -qF -- "$words" <<<"$output" || fail "$* does not say: $words: $output"
}

# Of the whole run: 8500 images in batches of 64, 10 epochs.
"$lr_schedule" "$config" --json "$out/run.json" >"$out/run.txt" || fail "the run"
python3 - "$out/run.json" <<'END' || fail "the run's numbers"
import json, math, sys
rows = json.load(open(sys.argv[1]))
assert set(rows) == {'lr', 'momentum'}, rows.keys()
assert len(rows['lr']) == 1330, len(rows['lr'])
for t, (lr,) in enumerate(rows['lr']):
    expected = 0.01 * (1 + math.cos(math.pi * t / 1330))
    assert abs(lr - expected) <= 1e-9 * 0.02, (t, lr, expected)
assert rows['momentum'] == [[0.9]] * 1330
END
grep -q 'lenet' "$out/run.txt" && grep -q '┤' "$out/run.txt" || fail "the terminal's plot"

# Of three sections and a length, without the model and the data.
cat >"$small" <<'END'
model: {type: NotLinked}
optim_wrapper: {optimizer: {type: AdamW, lr: 0.1}}
train_cfg: {max_epochs: 2}
param_scheduler:
  - {type: StepLR, step_size: 1}
  - {type: ReduceOnPlateauMomentum, monitor: accuracy}
END
"$lr_schedule" "$small" --iters-per-epoch 2 --json "$out/small.json" \
  --plot "$out/small.svg" 2>"$out/notes.txt" || fail "sections alone"
python3 - "$out/small.json" <<'END' || fail "the sections' numbers"
import json, sys
rows = json.load(open(sys.argv[1]))
assert [row[0] for row in rows['lr']] == [0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1], rows
assert rows['momentum'] == [[0.9]] * 4
END
grep -q 'depends on the metric' "$out/notes.txt" || fail "the note"
grep -q "wrote $out/small.json" "$out/notes.txt" || fail "the json's place"
grep -q "wrote $out/small.svg" "$out/notes.txt" || fail "the picture's place"
grep -q '<svg' "$out/small.svg" || fail "the svg"
"$lr_schedule" "$small" --iters-per-epoch 2 --plot "$out/small.png" \
  2>/dev/null || fail "the png"
head -c 4 "$out/small.png" | grep -q PNG || fail "the png's head"
"$lr_schedule" "$small" --iters-per-epoch 2 --cfg-options \
  train_cfg.max_epochs=5 --json "$out/five.json" >/dev/null || fail "an override"
[ "$(grep -c '^\[' "$out/five.json")" -eq 20 ] || fail "the override's length"

"$lr_schedule" "$small" --iters-per-epoch 2 --cfg-options \
  optim_wrapper.paramwise_cfg.norm_decay_mult=0 2>&1 >/dev/null |
  grep -q 'paramwise_cfg needs the model' || fail "the note on paramwise_cfg"

expect_error '--iters-per-epoch is 0' "$small" --iters-per-epoch 0
expect_error 'must end in .svg or .png' "$small" --iters-per-epoch 2 \
  --plot "$out/small.gif"
expect_error 'NotLinked' "$small"
expect_error 'nothing to show' "$small" --iters-per-epoch 2 \
  --cfg-options train_cfg.max_epochs=0
expect_error 'step_size is -1' "$small" --iters-per-epoch 2 \
  --cfg-options param_scheduler.0.step_size=-1
expect_error 'did you mean "step_size"' "$small" --iters-per-epoch 2 \
  --cfg-options param_scheduler.0.step_sise=1
expect_error 'param_scheduler.1: it changes lr over the same epochs 0 to 2' \
  "$small" --iters-per-epoch 2 --cfg-options \
  'param_scheduler=[{type: StepLR, step_size: 1}, {type: LinearLR}]'
expect_error 'give val_dataloader and val_evaluator' "$config" --cfg-options \
  val_dataloader=None val_evaluator=None val_cfg=None \
  'param_scheduler={type: ReduceOnPlateauLR}'

# Of several optimizers, by their names.
cat >"$out/named.yaml" <<'END'
train_cfg: {max_epochs: 2}
optim_wrapper:
  type: OptimWrapperDict
  optim_wrappers:
    generator: {optimizer: {type: SGD, lr: 0.4}}
    net.critic: {optimizer: {type: SGD, lr: 0.2}}
param_scheduler:
  generator: {type: StepLR, step_size: 1, gamma: 0.5}
  net.critic: []
END
"$lr_schedule" "$out/named.yaml" --iters-per-epoch 1 --json "$out/named.json" \
  >/dev/null || fail "schedulers by name"
python3 - "$out/named.json" <<'END' || fail "their numbers"
import json, sys
rows = json.load(open(sys.argv[1]))
assert rows['generator.lr'] == [[0.4], [0.2]], rows
assert rows['net.critic.lr'] == [[0.2], [0.2]], rows
END
sed '/^  generator:/d' "$out/named.yaml" >"$out/one_named.yaml"
expect_error 'param_scheduler has none for the optimizer generator' \
  "$out/one_named.yaml" --iters-per-epoch 1
expect_error 'param_scheduler.generator.0.step_sise: StepLR has no such field' \
  "$out/named.yaml" --iters-per-epoch 1 --cfg-options \
  'param_scheduler={generator: [{type: StepLR, step_sise: 1}], net.critic: []}'
exit $failed
