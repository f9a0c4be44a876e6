#!/usr/bin/env bash
# Ctrl-C and SIGTERM end a run at the next step, with a checkpoint and a line
# that says how to go on; resumed from there, inside an epoch, it ends as the
# run that was never stopped.
source tests/e2e/lib.sh

expect_stops() {
  local name=$1 signal=$2 config=$3 file=$4 words=$5 status=0
  local work_dir=$TEST_TMPDIR/${name// /_} whole=$TEST_TMPDIR/$config.whole
  shift 5
  [ -d "$whole" ] || expect "$name: whole" 0 "" \
    "$TRAIN" "$HERE/$config.yaml" --work-dir "$whole" "$@"
  at_line "kill -$signal" "$words" \
    "$TRAIN" "$HERE/$config.yaml" --work-dir "$work_dir" "$@" || status=$?
  [ "$status" = 130 ] || fail "$name: exit code $status, expected 130"
  local line
  line=$(tail -n 1 "$ERR")
  [[ $line =~ ^"stopped by SIG$signal after iteration "([0-9]+)" of "[0-9]+"; saved $work_dir/iter_"([0-9]+)".pth. The same command with --resume goes on from there."$ ]] ||
    fail "$name: the last line is \"$line\""
  local iter=${BASH_REMATCH[1]:-none}
  [ "$(cat "$work_dir/last_checkpoint")" = "$work_dir/iter_$iter.pth" ] ||
    fail "$name: last_checkpoint is $(cat "$work_dir/last_checkpoint")"
  expect "$name: resumed" 0 "iter: $iter" \
    "$TRAIN" "$HERE/$config.yaml" --work-dir "$work_dir" --resume "$@"
  expect_same_run "$name" "$whole" "$work_dir" "$file"
}

expect_stops "ctrl-c in the first epoch" INT lenet epoch_2.pth \
  "Epoch(train) [1][ 3/10]"
expect_stops "sigterm in the second epoch" TERM lenet epoch_2.pth \
  "Epoch(train) [2][ 2/10]"
expect_stops "sigterm between iterations" TERM lenet_iter iter_25.pth \
  "Iter(train) [11/25]"

finish
