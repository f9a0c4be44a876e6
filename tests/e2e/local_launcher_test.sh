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
Epoch(test)" "$TEST" "$HERE/lenet_iter.yaml" "$WORK/2/iter_3.pth" \
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

# expect_fails NAME ACTION STATUS LAST: after ACTION, called with the launcher's
# process id, all end with the exit code STATUS and a last line as LAST says,
# both regular expressions.
expect_fails() {
  local name=$1 action=$2 expected=$3 last=$4 status=0
  local work_dir=$WORK/${name// /_}
  at_line "$action" "Iter(train) [     2/" "${LONG_RUN[@]}" \
    env_cfg.dist_cfg.failure_timeout=6 --work-dir "$work_dir" || status=$?
  [[ $status =~ ^($expected)$ ]] || fail "$name: exit code $status"
  [[ $(tail -n 1 "$ERR") =~ ^"rank "[0-9]" (pid "[0-9]+") "(failed first: |ended first, with )($last)$ ]] ||
    fail "$name: the last lines are $(tail -n 4 "$ERR")"
  # The ranks that are left name the culprit, each at its end.
  [ "$(cat "$OUT" "$ERR" | grep -c "rank 1 \(failed\|was lost\)")" -ge 2 ] ||
    fail "$name: not every rank names rank 1: $(tail -n 4 "$OUT" "$ERR")"
  expect_nothing_left "$name" "$work_dir"
}

kill_rank_1() { kill -KILL "$(rank_pid 1 "$1")"; }
expect_fails "a killed rank" kill_rank_1 137 \
  "killed by signal 9 \(Killed\), .*memory.*"

# As much as it has, and no more; where the error can't be handled either, it
# aborts.
starve_rank_1() {
  local pid size
  pid=$(rank_pid 1 "$1")
  read -r size _ <"/proc/$pid/statm"
  prlimit --as=$((size * 4096)) --pid "$pid"
}
expect_fails "a rank without memory" starve_rank_1 "1|134" \
  "exit code 1|killed by signal 6 \(Aborted\)"

# The others find out that it stands still, the launcher ends it.
stop_rank_1() { kill -STOP "$(rank_pid 1 "$1")"; }
expect_fails "a rank that stands still" stop_rank_1 1 \
  "exit code 1; ended, as they had not within 1s: rank 1"

for signal in INT TERM; do
  status=0
  at_line "kill -$signal" "Iter(train) [     2/" "${LONG_RUN[@]}" \
    --work-dir "$WORK/$signal" || status=$?
  [ "$status" = 130 ] || fail "SIG$signal: exit code $status"
  grep -q "stopped by SIG$signal on rank" "$OUT" "$ERR" ||
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
