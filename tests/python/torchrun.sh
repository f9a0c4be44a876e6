#!/usr/bin/env bash
# --launcher pytorch under the real torchrun, which is Python's:
#   ./bazelw run //tests/python:torchrun
cd "$0.runfiles/anneal" || exit 1
TEST_TMPDIR=$(mktemp -d)
trap 'rm -rf "$TEST_TMPDIR"' EXIT
source tests/e2e/lib.sh
source tests/e2e/launchers.sh

python=$(bash tests/python/venv.sh) || exit 1
torchrun=("$python" -m torch.distributed.run --no-python)
work=$TEST_TMPDIR/work

# node NAME ARGS...: the agent of one machine, its output in NAME.out.
node() {
  "${torchrun[@]}" "${@:2}" >"$TEST_TMPDIR/$1.out" 2>&1
}

# two_nodes NAME ARGS...: agents of two machines, both of them this one; the
# output of both in $OUT.
two_nodes() {
  local name=$1 port pid
  port=$(free_ports 1)
  shift
  local place=(--nnodes 2 --rdzv-backend c10d --rdzv-id "$name"
    --rdzv-endpoint "127.0.0.1:$port" --local-addr 127.0.0.1)
  node a "${place[@]}" "$@" &
  pid=$!
  node b "${place[@]}" "$@" || fail "$name: the second agent failed"
  wait "$pid" || fail "$name: the first agent failed"
  cat "$TEST_TMPDIR"/[ab].out >"$OUT"
}

expect "standalone" 0 "" "${torchrun[@]}" --standalone --nproc-per-node 3 \
  "$PRINT_RANKS" pytorch
expect_ranks "standalone" 3 "local . of 3, .*, inferred pytorch, store served"
port=$(free_ports 1)
expect "a port" 0 "" "${torchrun[@]}" --nproc-per-node 2 --master-port "$port" \
  "$PRINT_RANKS" pytorch
expect_ranks "a port" 2 "local . of 2, at 127.0.0.1:$port, "
two_nodes "two agents" --nproc-per-node 2 "$PRINT_RANKS" pytorch
expect_ranks "two agents" 4 "local . of 2, at 127.0.0.1:.*, run two agents"

train=("$TRAIN" "${SHORT_RUN[@]}" --launcher pytorch)
expect_trains "standalone trains" 2 "${torchrun[@]}" --standalone \
  --nproc-per-node 2 "${train[@]}" --work-dir "$work/standalone"
expect_trains "trains at a port" 2 "${torchrun[@]}" --nproc-per-node 2 \
  --master-port "$(free_ports 1)" "${train[@]}" --work-dir "$work/port"
two_nodes "two agents train" --nproc-per-node 1 "${train[@]}" \
  --work-dir "$work/nodes"
grep -q 'Iter(train) \[3/3\]' "$OUT" || fail "two agents train: $(cat "$OUT")"

# A rank is killed: the agent starts all of them again, and they go on from the
# checkpoint.
kill_rank_1() {
  local pid
  for pid in $(pgrep -P "$1"); do
    tr '\0' '\n' <"/proc/$pid/environ" | grep -qx RANK=1 && kill -KILL "$pid"
  done
}
at_line kill_rank_1 "Iter(train) [10/25]" "${torchrun[@]}" --standalone \
  --nproc-per-node 2 --max-restarts 1 "$TRAIN" "$HERE/lenet_iter.yaml" \
  --launcher pytorch --resume --work-dir "$work/restart" ||
  fail "a restart: $(tail -n 5 "$OUT" "$ERR")"
for words in "Auto resumed from the latest checkpoint $work/restart/iter_" \
  "Iter(train) [25/25]"; do
  grep -qF "$words" "$OUT" "$ERR" || fail "a restart: no \"$words\""
done

finish
