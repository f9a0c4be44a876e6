#!/usr/bin/env bash
# --launcher slurm under a Slurm that the test starts.
source tests/e2e/lib.sh
source tests/e2e/launchers.sh
source tests/e2e/slurm_cluster.sh

start_slurm
node=$SLURM_NODE
srun=(timeout 120 srun --quiet)

# batch NAME STATUS WORDS SCRIPT: as expect, of a script given to sbatch.
batch() {
  local name=$1 status=$2 words=$3 script=$4
  printf '#!/bin/bash\n%s\n' "$script" >"$TEST_TMPDIR/script.sh"
  expect "$name" "$status" "$words" timeout 120 bash -c \
    'sbatch --quiet --wait --nodes 2 --ntasks-per-node 2 --output "$1" "$2"
     status=$?
     cat "$1"
     exit $status' bash "$TEST_TMPDIR/batch.out" "$TEST_TMPDIR/script.sh"
}

expect "two tasks" 0 "" "${srun[@]}" -N 1 -n 2 -w "$node" "$PRINT_RANKS" slurm
expect_ranks "two tasks" 2 "local . of 2, at $node:.*, inferred slurm"
expect "three tasks on two nodes" 0 "" \
  "${srun[@]}" -N 2 -n 3 "$PRINT_RANKS" slurm
expect_ranks "three tasks on two nodes" 3 "at $node:"
for line in "rank 0 of 3, local 0 of 2," "rank 1 of 3, local 1 of 2," \
  "rank 2 of 3, local 0 of 1,"; do
  grep -q "$line" "$OUT" || fail "three tasks on two nodes: no \"$line\""
done
[ "$(sed 's/.*, at //' "$OUT" | sort -u | wc -l)" = 1 ] ||
  fail "three tasks on two nodes: they meet at different places"
expect "another order of tasks" 0 "" \
  "${srun[@]}" -N 2 --ntasks-per-node 2 -m cyclic "$PRINT_RANKS" slurm
expect_ranks "another order of tasks" 4 "local . of 2, at $node:"

# Steps of one job, one of them on its second node only, at a time.
batch "steps" 0 "rank 1 of 2, local 1 of 2, at ${node}2:
rank 3 of 4, local 1 of 2, at $node:" "
  srun -N 1 -n 2 -w ${node}2 $PRINT_RANKS slurm
  srun -n 4 $PRINT_RANKS slurm"
[ "$(sed 's/.*, at [^:]*:\([0-9]*\).*/\1/' "$OUT" | sort -u | wc -l)" = 2 ] ||
  fail "steps: they meet at one port"

batch "no srun in the script" 2 \
  "SLURM_STEP_ID is not set, so this is the batch script's own process, not one of its 4 tasks; write \`srun PROGRAM ...\` in the script" \
  "$PRINT_RANKS slurm"
expect "no job" 2 "SLURM_NTASKS is not set; srun sets it" "$PRINT_RANKS" slurm
printf '%s\n' "${node}2" "$node" >"$TEST_TMPDIR/hosts"
expect "rank 0 on another node than the first" 2 \
  "SLURM_NODEID is 1 on rank 0
export MASTER_ADDR" env SLURM_HOSTFILE="$TEST_TMPDIR/hosts" \
  "${srun[@]}" -n 2 -m arbitrary "$PRINT_RANKS" slurm
expect "rank 0 there, with a master" 0 "rank 0 of 2
at ${node}2:" env SLURM_HOSTFILE="$TEST_TMPDIR/hosts" MASTER_ADDR="${node}2" \
  "${srun[@]}" -n 2 -m arbitrary "$PRINT_RANKS" slurm

# This machine's name leads to it, as a rule; that of the second node nowhere.
getent hosts "$node" >"$OUT" || export MASTER_ADDR=127.0.0.1
expect_trains "one node trains" 2 "${srun[@]}" -N 1 -n 2 -w "$node" \
  "$TRAIN" "${SHORT_RUN[@]}" --launcher slurm --work-dir "$TEST_TMPDIR/one"
expect_trains "two nodes train" 3 "${srun[@]}" -N 2 -n 3 \
  "$TRAIN" "${SHORT_RUN[@]}" --launcher slurm --work-dir "$TEST_TMPDIR/two"

# Two jobs on one node at a time, whose ports are by their jobs.
pids=()
for job in a b; do
  "${srun[@]}" -N 1 -n 2 -w "$node" "$TRAIN" "${SHORT_RUN[@]}" \
    --launcher slurm --work-dir "$TEST_TMPDIR/$job" \
    >"$TEST_TMPDIR/$job.out" 2>&1 &
  pids+=($!)
done
for pid in "${pids[@]}"; do
  wait "$pid" || fail "two jobs at a time: $(tail -n 3 "$TEST_TMPDIR"/?.out)"
done

finish
