#!/usr/bin/env bash
# SIGTERM to one rank alone: all stop after the same iteration, rank 0 saves
# it, the program ends with 130, and --resume goes on to the end of the run that
# was never stopped, bit for bit. A hook's wish to stop does the same.
source tests/e2e/lib.sh
source tests/e2e/launchers.sh

COMMAND=("$TRAIN" "$HERE/lenet_iter.yaml" --launcher local --nproc 3
  --cfg-options train_dataloader.batch_size=80 log_file.distributed=true)

expect "whole" 0 "" "${COMMAND[@]}" --work-dir "$TEST_TMPDIR/whole"

for rank in 0 2; do
  name="SIGTERM to rank $rank"
  work_dir=$TEST_TMPDIR/$rank
  status=0
  stop_rank() { kill -TERM "$(rank_pid "$rank" "$1")"; }
  at_line stop_rank "Iter(train) [ 4/25]" "${COMMAND[@]}" \
    --work-dir "$work_dir" || status=$?
  [ "$status" = 130 ] || fail "$name: exit code $status"
  line=$(tail -n 1 "$work_dir"/*/*_rank0.log)
  [[ $line =~ "stopped by SIGTERM on rank $rank after iteration "([0-9]+)" of 25; saved $work_dir/iter_"([0-9]+)".pth" ]] ||
    fail "$name: the last line is \"$line\""
  iter=${BASH_REMATCH[1]:-none}
  [ "$iter" = "${BASH_REMATCH[2]:-}" ] || fail "$name: saved another iteration"
  for other in 1 2; do
    tail -n 1 "$work_dir"/*/*_rank"$other".log |
      grep -q "stopped by SIGTERM on rank $rank after iteration $iter of 25" ||
      fail "$name: rank $other ends with $(tail -n 1 "$work_dir"/*/*_rank"$other".log)"
  done
  expect "$name: resumed" 0 "resumed epoch: 0, iter: $iter" "${COMMAND[@]}" \
    --work-dir "$work_dir" --resume
  expect_same_run "$name" "$TEST_TMPDIR/whole" "$work_dir" iter_25.pth
done

# A hook's wish is one rank's as well; the run then ends well.
work_dir=$TEST_TMPDIR/hook
expect "a hook" 0 "stopped by the hook on rank 1 after iteration" \
  "$PWD/tests/e2e/own_train" "${COMMAND[@]:1}" \
  "custom_hooks=[{type: EMAHook, momentum: 0.1, update_buffers: true},
    {type: FaultHook, rank: 1, iter: 4, fault: stop}]" \
  --work-dir "$work_dir"
# After that iteration, or the next where another rank was ahead.
[[ $(cat "$work_dir/last_checkpoint") =~ iter_[45].pth$ ]] ||
  fail "a hook: saved $(cat "$work_dir/last_checkpoint")"
expect "a hook: resumed" 0 "resumed epoch: 0, iter: " "${COMMAND[@]}" \
  --work-dir "$work_dir" --resume
expect_same_run "a hook" "$TEST_TMPDIR/whole" "$work_dir" iter_25.pth

finish
