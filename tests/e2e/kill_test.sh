#!/usr/bin/env bash
# A run that is killed by SIGKILL, at any moment, and resumed ends as the run
# that never was: weights, optimizer state, logged losses, bit for bit.
source tests/e2e/lib.sh

ulimit -c 0

# expect_survives NAME CONFIG FILE WORDS: killed at the line with WORDS, or
# ended just before the signal came.
expect_survives() {
  local name=$1 config=$2 file=$3 words=$4 status=0
  local work_dir=$TEST_TMPDIR/${name// /_}
  at_line "kill -KILL" "$words" "$TRAIN" "$config" --work-dir "$work_dir" ||
    status=$?
  [ "$status" = 137 ] || [ "$status" = 0 ] ||
    fail "$name: not killed, exit code $status"
  expect "$name: resumed" 0 "" \
    "$TRAIN" "$config" --work-dir "$work_dir" --resume
  expect_same_run "$name" "$TEST_TMPDIR/$file.whole" "$work_dir" "$file"
}

for case in "lenet epoch_2.pth" "lenet_iter iter_25.pth"; do
  read -r config file <<<"$case"
  expect "$config: whole" 0 "" \
    "$TRAIN" "$HERE/$config.yaml" --work-dir "$TEST_TMPDIR/$file.whole"
done

epochs() { expect_survives "$1" "$HERE/lenet.yaml" epoch_2.pth "$2"; }
epochs "before the first checkpoint" "Epoch(train) [1][ 4/10]"
epochs "while saving" "Saving checkpoint at 1 epochs"
epochs "after the validation" "Epoch(val) [1]"
epochs "inside the second epoch" "Epoch(train) [2][ 5/10]"
epochs "at the last save" "Saving checkpoint at 2 epochs"

iters() { expect_survives "$1" "$HERE/lenet_iter.yaml" iter_25.pth "$2"; }
iters "iterations before a save" "Iter(train) [ 4/25]"
iters "iterations after a save" "Iter(train) [ 7/25]"
iters "iterations while validating" "Saving checkpoint at 12 iterations"
iters "iterations after a validation" "Iter(val)"

# A write that crosses the limit of a file's size kills the process inside of
# it.
work_dir=$TEST_TMPDIR/half
status=0
(ulimit -f 200 &&
  exec "$TRAIN" "$HERE/lenet.yaml" --work-dir "$work_dir") >"$OUT" 2>"$ERR" ||
  status=$?
[ "$status" = 153 ] || fail "killed inside a write: exit code $status"
grep -q "Saving checkpoint at 1 epochs" "$OUT" "$ERR" ||
  fail "killed inside a write: it was not saving"
[ -z "$(find "$work_dir" -maxdepth 1 -type f -not -name '.*.tmp.*')" ] ||
  fail "killed inside a write: a checkpoint is there"
expect "killed inside a write: resumed" 0 "no checkpoint to resume from" \
  "$TRAIN" "$HERE/lenet.yaml" --work-dir "$work_dir" --resume
expect_same_run "killed inside a write" "$TEST_TMPDIR/epoch_2.pth.whole" \
  "$work_dir" epoch_2.pth

# The same in the second save, beside the first one's checkpoint: the limit
# comes at the epoch's first iteration, before anything is written that is as
# large.
work_dir=$TEST_TMPDIR/second
status=0
at_line "prlimit --fsize=200000 --pid" "Epoch(train) [2][ 1/10]" \
  "$TRAIN" "$HERE/lenet.yaml" --work-dir "$work_dir" || status=$?
[ "$status" = 153 ] || fail "killed inside the second save: exit code $status"
grep -q "Saving checkpoint at 2 epochs" "$OUT" ||
  fail "killed inside the second save: it was not saving"
[ ! -e "$work_dir/epoch_2.pth" ] ||
  fail "killed inside the second save: half a checkpoint is there"
expect "killed inside the second save: resumed" 0 \
  "Auto resumed from the latest checkpoint $work_dir/epoch_1.pth" \
  "$TRAIN" "$HERE/lenet.yaml" --work-dir "$work_dir" --resume
expect_same_run "killed inside the second save" \
  "$TEST_TMPDIR/epoch_2.pth.whole" "$work_dir" epoch_2.pth

finish
