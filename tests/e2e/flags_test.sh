#!/usr/bin/env bash
# The flags of the programs.
source tests/e2e/lib.sh

LENET=$HERE/lenet.yaml
SHORT="train_cfg.max_epochs=1 train_dataloader.dataset.end=256
       val_dataloader.dataset.begin=9900"
WORK=$TEST_TMPDIR/work

# train NAME STATUS WORDS FLAGS...
train() {
  local name=$1 status=$2 words=$3
  shift 3
  # shellcheck disable=SC2086
  expect "$name" "$status" "$words" \
    "$TRAIN" "$LENET" --work-dir "$WORK" "$@" --cfg-options $SHORT
}

for tool in "$TRAIN" "$TEST" "$PRINT_CONFIG"; do
  expect "help of $tool" 0 "usage: $(basename "$tool") CONFIG
--cfg-options KEY=VALUE ..." "$tool" --help
  [ ! -s "$ERR" ] || fail "help of $tool: something on standard error"
  expect "no config for $tool" 2 "CONFIG is missing" "$tool"
  expect "unknown flag of $tool" 2 'unknown flag --work-dri; did you mean "--work-dir"?' \
    "$tool" "$LENET" --work-dri x
done
expect "no checkpoint to test" 2 "CHECKPOINT is missing" "$TEST" "$LENET"

train "seed" 0 "seed: 7" --seed 7
train "seed that is no number" 2 "randomness.seed" --seed seven
[ -f "$WORK/epoch_1.pth" ] || fail "--work-dir was not used"
for launcher in pytorch slurm mpi; do
  train "launcher $launcher" 2 "is not set" --launcher "$launcher"
done
train "launcher unknown" 2 "torchrun" --launcher torchrun
train "amp" 0 "type: AmpOptimWrapper
Epoch(val) [1]" --amp
train "scaled learning rate" 2 "auto_scale_lr.base_batch_size" --auto-scale-lr
# shellcheck disable=SC2086
expect "scaled learning rate" 0 "LR is set based on batch size of 256 and the base batch size is 64: scaled by 4
lr: 8.0000e-02" "$TRAIN" "$LENET" --work-dir "$WORK" --auto-scale-lr \
  --cfg-options $SHORT auto_scale_lr.base_batch_size=64
train "resume by path" 0 "resumed epoch: 1, iter: 1" --resume "$WORK/epoch_1.pth"
train "resume auto" 0 "Auto resumed from the latest checkpoint $WORK/epoch_1.pth." \
  --resume auto

# Before there is a checkpoint, a resumed run starts as its config says.
# shellcheck disable=SC2086
expect "resume before the first checkpoint" 0 "training starts anew
Load checkpoint from $WORK/epoch_1.pth" "$TRAIN" "$LENET" \
  --work-dir "$TEST_TMPDIR/fine" --resume --cfg-options $SHORT \
  "load_from=$WORK/epoch_1.pth"

# The test program gives the numbers that the training saw.
trained=$(grep -h '"accuracy/top1"' "$WORK"/*/vis_data/scalars.json | tail -n 1)
trained=$(sed -nE 's/.*("accuracy.top1": [^,]*).*/\1/p' <<<"$trained")
[ -n "$trained" ] || fail "the training logged no accuracy"
# shellcheck disable=SC2086
expect "test" 0 "Epoch(test) [1/1]" "$TEST" "$LENET" "$WORK/epoch_1.pth" \
  --work-dir "$TEST_TMPDIR/tested" \
  --cfg-options val_dataloader.dataset.begin=9900
cat "$TEST_TMPDIR"/tested/*/*.json >"$OUT"
grep -qF "$trained" "$OUT" || fail "test: no $trained in $(cat "$OUT")"
expect "nothing to test" 1 "test_dataloader" "$TEST" "$LENET" \
  "$WORK/epoch_1.pth" --work-dir "$TEST_TMPDIR/tested" \
  --cfg-options val_dataloader=None val_evaluator=None

# A path is what it is, whatever the override grammar would make of it.
train "a folder called as a list" 0 "Epoch(val) [1]" \
  --work-dir "$TEST_TMPDIR/[1,2] 'a' \"b\""
[ -f "$TEST_TMPDIR/[1,2] 'a' \"b\"/epoch_1.pth" ] ||
  fail "--work-dir: the folder has another name"

# print_config.
print() { "$PRINT_CONFIG" "$LENET" --seed 5 "$@"; }
expect "yaml" 0 "  seed: 5" print
print --format textproto >"$TEST_TMPDIR/message" ||
  fail "print_config --format textproto"
for format in yaml json textproto; do
  print --format "$format" >"$TEST_TMPDIR/config.$format" ||
    fail "print_config --format $format"
  expect "$format read again" 0 "" "$PRINT_CONFIG" \
    "$TEST_TMPDIR/config.$format" --format textproto
  cmp -s "$OUT" "$TEST_TMPDIR/message" ||
    fail "$format: read again it is another config"
done
expect "provenance" 0 "lenet.yaml:4:
--cfg-options randomness.seed=5" print --provenance
expect "unknown format" 2 "yaml, json, textproto or py" print --format xml
printf 'a: 1\nb: ${not.there}\n' >"$TEST_TMPDIR/any.yaml"
expect "reference to nothing" 2 "any.yaml:2:
not.there" "$PRINT_CONFIG" "$TEST_TMPDIR/any.yaml" --untyped
printf 'a: {x: 1}\nb: [1, 2]\n' >"$TEST_TMPDIR/any.yaml"
expect "untyped" 0 "x: 3" "$PRINT_CONFIG" "$TEST_TMPDIR/any.yaml" --untyped \
  --cfg-options a.x=3
expect "typed" 2 "any.yaml:1:" "$PRINT_CONFIG" "$TEST_TMPDIR/any.yaml"

# Paths are relative to where the user stands.
mkdir "$TEST_TMPDIR/stands"
cp "$LENET" "$TEST_TMPDIR/stands/mine.yaml"
expect "BUILD_WORKING_DIRECTORY" 0 "num_classes: 10" \
  env BUILD_WORKING_DIRECTORY="$TEST_TMPDIR/stands" "$PRINT_CONFIG" mine.yaml

finish
