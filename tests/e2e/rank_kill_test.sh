#!/usr/bin/env bash
# A run of several ranks that are all killed by SIGKILL, at any moment, and
# resumed ends as the run that never was, bit for bit; at another number of
# ranks it goes on with the samples that come next.
source tests/e2e/lib.sh

ulimit -c 0

NEAR_CHECKPOINT=$PWD/tests/e2e/near_checkpoint
# Ten iterations are a pass over 2400 samples, 240 in each. AdamW's eps keeps
# rounding from being stepped as far as gradients.
EPOCHS=(lenet train_dataloader.dataset.end=2400)
ITERS=(lenet_iter train_dataloader.dataset.end=2400
  optim_wrapper.optimizer.eps=1e-4)

kill_ranks() { kill -KILL $(pgrep -P "$1"); }

# use RANKS CONFIG OVERRIDES...: COMMAND is then that run.
use() {
  local ranks=$1 config=$2
  shift 2
  COMMAND=("$TRAIN" "$HERE/$config.yaml" --launcher local --nproc "$ranks"
    --cfg-options "$@" train_dataloader.batch_size=$((240 / ranks)))
}

# run_whole: WHOLE is its work directory.
run_whole() {
  WHOLE=$(mktemp -d "$TEST_TMPDIR/whole.XXXXXX")
  expect "whole" 0 "" "${COMMAND[@]}" --work-dir "$WHOLE"
}

# expect_survives NAME FILE WORDS: killed at the line with WORDS, or ended just
# before the signal came.
expect_survives() {
  local name=$1 file=$2 words=$3 status=0
  local work_dir=$TEST_TMPDIR/${name// /_}
  at_line kill_ranks "$words" "${COMMAND[@]}" --work-dir "$work_dir" ||
    status=$?
  [ "$status" = 137 ] || [ "$status" = 0 ] ||
    fail "$name: not killed, exit code $status"
  expect "$name: resumed" 0 "" "${COMMAND[@]}" --work-dir "$work_dir" --resume
  expect_same_run "$name" "$WHOLE" "$work_dir" "$file"
}

use 2 "${EPOCHS[@]}"
run_whole
epochs() { expect_survives "$1" epoch_2.pth "$2"; }
epochs "before the first checkpoint" "Epoch(train) [1][ 4/10]"
epochs "while saving" "Saving checkpoint at 1 epochs"
epochs "after the validation" "Epoch(val) [1]"
epochs "inside the second epoch" "Epoch(train) [2][ 5/10]"

# With the gradients that each rank has gathered in a window of accumulation.
use 2 "${ITERS[@]}" optim_wrapper.accumulative_counts=4
run_whole
expect_survives "accumulation" iter_25.pth "Iter(train) [ 8/25]"

use 3 "${ITERS[@]}"
run_whole
iters() { expect_survives "$1" iter_25.pth "$2"; }
iters "iterations after a save" "Iter(train) [ 7/25]"
iters "iterations while saving" "Saving checkpoint at 12 iterations"
iters "iterations after a validation" "Iter(val)"

# Gloo, which adds the ranks up in an order that depends on where an element
# stands in its bucket.
for ranks in 3 4; do
  use "$ranks" "${ITERS[@]}" env_cfg.dist_cfg.backend=gloo
  run_whole
  iters "gloo of $ranks ranks" "Iter(train) [15/25]"
done

use 3 "${ITERS[@]}"
run_whole

# Other ranks, inside a pass, with as many samples an iteration: the weights
# differ by the rounding of sums alone (parity_test.sh).
for ranks in 1 2 4; do
  name="3 ranks, then $ranks"
  work_dir=$TEST_TMPDIR/then_$ranks
  status=0
  use 3 "${ITERS[@]}"
  at_line kill_ranks "Iter(train) [15/25]" "${COMMAND[@]}" \
    --work-dir "$work_dir" || status=$?
  [ "$status" = 137 ] || fail "$name: not killed, exit code $status"
  use "$ranks" "${ITERS[@]}"
  expect "$name" 0 "resumed epoch: 0, iter: 12" "${COMMAND[@]}" \
    --work-dir "$work_dir" --resume
  "$NEAR_CHECKPOINT" 1e-5 "$WHOLE/iter_25.pth" "$work_dir/iter_25.pth" ||
    fail "$name: other samples"
done

finish
