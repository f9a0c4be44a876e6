#!/usr/bin/env bash
# --launcher local: the programs start their ranks themselves.
source tests/e2e/lib.sh
source tests/e2e/launchers.sh

ulimit -c 0
WORK=$TEST_TMPDIR/work
# As long as a test needs it.
LONG_RUN=("$TRAIN" "$HERE/lenet_iter.yaml" --launcher local --nproc 3
  --cfg-options
  train_cfg.max_iters=100000 train_cfg.val_interval=100000
  default_hooks.logger.interval=1 env_cfg.num_threads=1)

# expect_nothing_left NAME WORK_DIR: no process of that run is there.
expect_nothing_left() {
  local left
  left=$(pgrep -f -- "--work-dir $2")
  [ -z "$left" ] || fail "$1: still there: $(ps -o pid,args -p $left)"
}

for ranks in 1 2 4; do
  expect_trains "$ranks ranks" "$ranks" "$TRAIN" "${SHORT_RUN[@]}" \
    --launcher local --nproc "$ranks" --work-dir "$WORK/$ranks"
  expect_nothing_left "$ranks ranks" "$WORK/$ranks"
done
expect_trains "launcher of the config" 2 "$TRAIN" "${SHORT_RUN[@]}" \
  launcher=local --nproc 2 --work-dir "$WORK/config"
expect "two ranks evaluate" 0 "Ranks: 2
Iter(test)" "$TEST" "$HERE/lenet_iter.yaml" "$WORK/2/iter_3.pth" \
  --launcher local --nproc 2 --work-dir "$WORK/test" \
  --cfg-options val_dataloader.dataset.begin=9900

expect "no --nproc" 2 "as many ranks as --nproc says" \
  "$TRAIN" "${SHORT_RUN[@]}" --launcher local --work-dir "$WORK/none"
expect "no launcher" 2 "--nproc 2 is for --launcher local" \
  "$TRAIN" "${SHORT_RUN[@]}" --nproc 2 --work-dir "$WORK/none"
# An error in the config is told once.
expect "wrong config" 2 "train_cfg.max_iters=many" \
  "$TRAIN" "${SHORT_RUN[@]}" train_cfg.max_iters=many --launcher local \
  --nproc 2 --work-dir "$WORK/none"
[ "$(grep -c "max_iters=many" "$ERR")" = 1 ] || fail "wrong config: told twice"
[ ! -e "$WORK/none" ] || fail "a run that did not start left a work directory"

kill_rank_1() { kill -KILL "$(rank_pid 1 "$1")"; }
status=0
at_line kill_rank_1 "Iter(train) [     2/" "${LONG_RUN[@]}" \
  --work-dir "$WORK/killed" || status=$?
[ "$status" = 137 ] || fail "a killed rank: exit code $status"
[[ $(tail -n 1 "$ERR") =~ ^"rank 1 (pid "[0-9]+") failed first: killed by signal 9 (Killed)" ]] ||
  fail "a killed rank: the last line is $(tail -n 1 "$ERR")"
expect_nothing_left "a killed rank" "$WORK/killed"

for signal in INT TERM; do
  status=0
  at_line "kill -$signal" "Iter(train) [     2/" "${LONG_RUN[@]}" \
    --work-dir "$WORK/$signal" || status=$?
  [ "$status" = 130 ] || fail "SIG$signal: exit code $status"
  grep -q "stopped by SIG$signal after iteration" "$OUT" "$ERR" ||
    fail "SIG$signal: it was not stopped: $(tail -n 3 "$ERR")"
  [ -e "$(cat "$WORK/$signal/last_checkpoint")" ] ||
    fail "SIG$signal: nothing was saved"
  expect_nothing_left "SIG$signal" "$WORK/$signal"
done

# The ranks' output ends when the last of them is dead.
status=0
at_line "kill -KILL" "Iter(train) [     2/" "${LONG_RUN[@]}" \
  --work-dir "$WORK/alone" || status=$?
[ "$status" = 137 ] || fail "a killed launcher: exit code $status"
expect_nothing_left "a killed launcher" "$WORK/alone"

finish
