# What the end-to-end tests share. Sourced: $TRAIN, $TEST, $PRINT_CONFIG and
# $SAME_CHECKPOINT are the programs, $HERE this folder.
set -uo pipefail

HERE=tests/e2e
TRAIN=$PWD/tools/train
TEST=$PWD/tools/test
PRINT_CONFIG=$PWD/tools/print_config
SAME_CHECKPOINT=$PWD/tests/e2e/same_checkpoint
OUT=$TEST_TMPDIR/out
ERR=$TEST_TMPDIR/err
unset BUILD_WORKING_DIRECTORY
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# finish: the test's result.
finish() {
  [ "$failures" = 0 ] && echo "all as expected" && exit 0
  echo "$failures failed"
  exit 1
}

# expect NAME STATUS WORDS COMMAND...: runs the command, its output in $OUT and
# $ERR, and checks its exit code and that each line of WORDS is in the output.
expect() {
  local name=$1 status=$2 words=$3 actual=0 line
  shift 3
  "$@" >"$OUT" 2>"$ERR" || actual=$?
  if [ "$actual" != "$status" ]; then
    fail "$name: exit code $actual, expected $status"
    tail -n 5 "$OUT" "$ERR"
  fi
  while IFS= read -r line; do
    if ! grep -qF -- "$line" "$OUT" "$ERR"; then
      fail "$name: no \"$line\" in the output"
      tail -n 5 "$OUT" "$ERR"
    fi
  done <<<"$words"
}

# at_line ACTION WORDS COMMAND...: runs the command, calls ACTION with its
# process id when a line with WORDS comes, and returns its exit code. Output in
# $OUT, $ERR.
at_line() {
  local action=$1 words=$2 pid line sent=
  shift 2
  rm -f "$TEST_TMPDIR/lines"
  mkfifo "$TEST_TMPDIR/lines"
  : >"$OUT"
  # A shell's background commands ignore SIGINT.
  env --default-signal=INT,TERM "$@" >"$TEST_TMPDIR/lines" 2>"$ERR" &
  pid=$!
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$OUT"
    if [ -z "$sent" ] && [[ $line == *"$words"* ]]; then
      # shellcheck disable=SC2086
      $action "$pid" 2>/dev/null
      sent=1
    fi
  done <"$TEST_TMPDIR/lines"
  wait "$pid" 2>/dev/null
}

# losses WORK_DIR: what was logged there by all starts, without timings, each
# record once.
losses() {
  cat "$1"/*/vis_data/scalars.json |
    sed -E 's/"(data_time|time)": [^,}]*(, )?//g' | sort -u
}

# expect_same_run NAME A B FILE: both work directories logged the same and their
# checkpoints FILE hold the same.
expect_same_run() {
  local name=$1 a=$2 b=$3 file=$4
  if ! diff <(losses "$a") <(losses "$b") >"$TEST_TMPDIR/diff"; then
    fail "$name: the logged losses differ"
    head -n 10 "$TEST_TMPDIR/diff"
  fi
  if ! "$SAME_CHECKPOINT" "$a/$file" "$b/$file"; then
    fail "$name: $file differs"
  fi
}
