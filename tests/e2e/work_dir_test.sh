#!/usr/bin/env bash
# A run's log and its work directory are mmengine's.
source tests/e2e/lib.sh

cd_name=run
mkdir "$TEST_TMPDIR/$cd_name"
ROOT=$PWD/examples/mnist/data
CONFIG=$PWD/$HERE/lenet.yaml
cd "$TEST_TMPDIR/$cd_name" || exit 1
expect "train" 0 "" "$TRAIN" "$CONFIG" --cfg-options \
  train_dataloader.dataset.data_root="$ROOT" \
  val_dataloader.dataset.data_root="$ROOT" default_hooks.logger.interval=5

work=$PWD/work_dirs/lenet
stamp=$(basename "$work"/20*)
[[ $stamp =~ ^20[0-9]{6}_[0-9]{6}$ ]] || fail "the folder is called $stamp"
actual=$(cd "$work" && find . -type f | sed -E 's/events.out.tfevents.*/events/' | sort)
best=$(cd "$work" && ls best_accuracy_top1_epoch_*.pth)
expected="./$stamp/$stamp.log
./$stamp/vis_data/config.yaml
./$stamp/vis_data/events
./$stamp/vis_data/scalars.json
./$best
./epoch_1.pth
./epoch_2.pth
./last_checkpoint"
[ "$actual" = "$expected" ] || fail "the work directory has
$actual"
[ "$(cat "$work/last_checkpoint")" = "$work/epoch_2.pth" ] ||
  fail "last_checkpoint says $(cat "$work/last_checkpoint")"
"$PRINT_CONFIG" "$work/$stamp/vis_data/config.yaml" >dumped.yaml ||
  fail "vis_data/config.yaml does not load"
cmp -s dumped.yaml "$work/$stamp/vis_data/config.yaml" ||
  fail "vis_data/config.yaml read again is another"

# The lines of the log, in their order; the file's have a year.
log=$work/$stamp/$stamp.log
sed -E 's/^[0-9]{4}\///' "$log" | diff - "$OUT" >/dev/null ||
  fail "standard output and the log file differ"
[ ! -s "$ERR" ] || fail "on standard error: $(head -n 3 "$ERR")"
number=0
while IFS= read -r pattern; do
  found=$(tail -n +$((number + 1)) "$OUT" | grep -nE -m 1 -- "$pattern")
  if [ -z "$found" ]; then
    fail "the log has no $pattern after line $number"
  else
    number=$((number + ${found%%:*}))
  fi
done <<'LINES'
^[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} - anneal - INFO - $
^System environment:$
^Runtime environment:$
^    seed: 3$
^    Distributed launcher: none$
- INFO - Config:$
^model:$
- INFO - Hooks will be executed in the following order:$
^before_run:$
^\(VERY_HIGH   \) RuntimeInfoHook +$
^before_train_epoch:$
^\(NORMAL      \) DistSamplerSeedHook +$
^after_train_iter:$
^\(BELOW_NORMAL\) LoggerHook +$
^\(LOW         \) ParamSchedulerHook +$
^\(VERY_LOW    \) CheckpointHook +$
^after_run:$
- INFO - Checkpoints will be saved to /.*/work_dirs/lenet.$
- INFO - Epoch\(train\) +\[1\]\[ 5/10\]  lr: [0-9.e-]+  eta: 0:00:[0-9]{2}  time: [0-9.]+  data_time: [0-9.]+  loss: [0-9.]+$
- INFO - Exp name: lenet_20[0-9]{6}_[0-9]{6}$
- INFO - Epoch\(train\) +\[1\]\[10/10\]
- INFO - Saving checkpoint at 1 epochs$
- INFO - Epoch\(val\) \[1\]\[1/1\]    accuracy/top1: [0-9.]+  loss: [0-9.]+  data_time: [0-9.]+  time: [0-9.]+$
- INFO - The best checkpoint with [0-9.]+ accuracy/top1 at 1 epoch is saved to best_accuracy_top1_epoch_1.pth.$
- INFO - Epoch\(train\) +\[2\]\[10/10\]
- INFO - Epoch\(val\) \[2\]\[1/1\]
LINES
if grep -q $'[\r\033\b]' "$OUT" "$ERR"; then
  fail "there are characters of a progress bar or of colour in a pipe"
fi

finish
