#!/usr/bin/env bash
# One rank of three that goes wrong ends all within failure_timeout: each other
# rank's last line names it and says why, the exit code is not zero, no process
# is left.
source tests/e2e/lib.sh
source tests/e2e/launchers.sh

ulimit -c 0

LIMIT=12
PROGRAM=$PWD/tests/e2e/own_train

# run WORK_DIR OVERRIDES...: as long as it is let, each rank with a log of its
# own; LATE is then how long it went on after its third iteration.
run() {
  local work_dir=$1 status=0 began=$SECONDS
  shift
  note() { began=$SECONDS; }
  at_line note "Iter(train) [     3/" "$PROGRAM" "$HERE/parity_mlp.yaml" \
    --launcher local --nproc 3 --work-dir "$TEST_TMPDIR/$work_dir" \
    --cfg-options train_cfg.max_iters=100000 log_file.distributed=true \
    default_hooks.checkpoint.interval=100000 train_dataloader.batch_size=8 \
    env_cfg.dist_cfg.failure_timeout=$LIMIT "$@" || status=$?
  LATE=$((SECONDS - began))
  return $status
}

# last_line WORK_DIR RANK: of that rank's log, without time and place.
last_line() {
  tail -n 1 "$TEST_TMPDIR/$1"/*/*_rank"$2".log |
    sed -E 's/^.* - ERROR - ([^ ]+ - [A-Za-z]+ - [0-9]+ - )?//'
}

# expect_end WORK_DIR RANK PATTERN OVERRIDES...: that rank goes wrong, and the
# last lines of the others match PATTERN.
expect_end() {
  local name=$1 faulty=$2 pattern=$3 status=0 rank left
  shift 3
  run "$name" "$@" || status=$?
  [ "$status" != 0 ] || fail "$name: exit code 0"
  # A second to look at the clock.
  [ "$LATE" -le $((LIMIT + 1)) ] || fail "$name: took $LATE s to end"
  for rank in 0 1 2; do
    # shellcheck disable=SC2053
    [ "$rank" = "$faulty" ] ||
      [[ $(last_line "$name" "$rank") == $pattern ]] ||
      fail "$name: rank $rank ends with \"$(last_line "$name" "$rank")\""
  done
  left=$(pgrep -f -- "--work-dir $TEST_TMPDIR/$name")
  [ -z "$left" ] || fail "$name: still there: $(ps -o pid,args -p $left)"
}

# expect_fault FAULT RANK PATTERN OVERRIDES...
expect_fault() {
  local fault=$1 rank=$2 pattern=$3
  shift 3
  expect_end "$fault.$rank" "$rank" "$pattern" "$@" \
    "custom_hooks=[{type: FaultHook, rank: $rank, iter: 4, fault: $fault}]"
}

# Rank 0 serves the others.
for rank in 0 1; do
  fault="FaultHook.after_train_iter at iteration *: the sensor is torn off"
  expect_fault status "$rank" "rank $rank failed: $fault"
  # shellcheck disable=SC2053
  [[ $(last_line "status.$rank" "$rank") == $fault ]] ||
    fail "status: rank $rank ends with \"$(last_line "status.$rank" "$rank")\""
done
expect_fault exception 2 \
  "rank 2 failed: FaultHook.after_train_iter at iteration *: the hook threw"
for rank in 0 1; do
  expect_fault abort "$rank" "rank $rank was lost: its connection ended*"
done
expect_fault exit 2 "rank 2 was lost: its connection ended*"
expect_fault stopped 1 "rank 1 was lost: nothing was heard from it for 6s*"
# Each way of talking finds out by itself.
expect_fault leave_out 1 "*rank 1 is in shm:all_gather *" \
  env_cfg.dist_cfg.backend=shm
expect_end leave_out.gloo 1 \
  "the ranks disagree on the *: that of rank 1 is all_gather *" \
  env_cfg.dist_cfg.backend=gloo \
  "custom_hooks=[{type: FaultHook, rank: 1, iter: 4, fault: leave_out}]"
# Alive, but nowhere.
expect_fault sleep 2 "*; rank 2 has not entered the *" \
  env_cfg.dist_cfg.timeout=4

for throws in true false; do
  expect_end "torn.$throws" 1 "rank 1 failed: *the page is torn" \
    train_dataloader.dataset="{_delete_: true, type: TornDataset, size: 960,
      torn: 160, throws: $throws}" train_dataloader.sampler.shuffle=false
done

# Refused before the first step, as what it is.
"$PROGRAM" "$HERE/lenet.yaml" --launcher local --nproc 2 \
  --work-dir "$TEST_TMPDIR/uneven" --cfg-options train_dataloader.batch_size=8 \
  train_dataloader.dataset.end=17 train_dataloader.sampler.round_up=false \
  >"$OUT" 2>&1 && fail "uneven: exit code 0"
grep -q "gives rank 0 2 batches an epoch and rank 1 1; give all the same" \
  "$OUT" || fail "uneven: $(tail -n 3 "$OUT")"

# All have the same limit, one takes all of it.
ulimit -v 6000000
expect_fault memory 1 "rank 1 failed: *can't allocate memory*"

finish
