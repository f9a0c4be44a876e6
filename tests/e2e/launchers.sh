# What the tests of launchers share. Sourced after lib.sh.

PRINT_RANKS=$PWD/tests/e2e/print_ranks
# Three iterations and a short validation.
SHORT_RUN=("$HERE/lenet_iter.yaml" --cfg-options train_cfg.max_iters=3
  train_cfg.val_interval=3 val_dataloader.dataset.begin=9900
  env_cfg.num_threads=1)

# need PROGRAM PACKAGE: fails the test where the server it starts is not there.
need() {
  PATH=$PATH:/usr/sbin:/sbin
  command -v "$1" >/dev/null && return
  echo "CANNOT RUN: $1 is missing; install the Debian package $2, as" \
    "\`./bazelw test\` does by itself (third_party/install.sh test)"
  exit 1
}

# free_ports COUNT: ports that nobody has, for a moment.
free_ports() {
  python3 - "$1" <<'PYTHON'
import socket, sys

sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))
PYTHON
}

# expect_ranks NAME COUNT TEXT: the last command printed a line for each of
# COUNT ranks, which goes on with TEXT.
expect_ranks() {
  local name=$1 count=$2 text=$3 rank
  [ "$(grep -c '^rank ' "$OUT")" = "$count" ] || fail "$name: not $count lines"
  for ((rank = 0; rank < count; ++rank)); do
    grep -q "^rank $rank of $count, .*$text" "$OUT" ||
      fail "$name: no line of rank $rank with \"$text\": $(cat "$OUT")"
  done
}

# expect_trains NAME RANKS COMMAND...: the command trains the short run in so
# many ranks.
expect_trains() {
  local name=$1 ranks=$2
  shift 2
  expect "$name" 0 "Ranks: $ranks
Iter(train) [3/3]
Iter(val)" "$@"
  # Rank 0 speaks for all.
  [ "$(grep -c 'Iter(train) \[3/3\]' "$OUT")" = 1 ] ||
    fail "$name: not one line of the last iteration"
}

# rank_pid RANK LAUNCHER: of a local launcher's rank.
rank_pid() {
  local pid
  for pid in $(pgrep -P "$2"); do
    tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "RANK=$1" && echo "$pid"
  done
}
