#!/usr/bin/env bash
# print_config_test.sh PRINT_CONFIG: flags that go together, and those that
# don't.
set -uo pipefail

print_config=$PWD/$1
unset BUILD_WORKING_DIRECTORY
one=$TEST_TMPDIR/one.yaml
other=$TEST_TMPDIR/other.yaml
echo 'a: {b: 1}' >"$one"
echo 'a: {b: 2}' >"$other"
failed=0

fail() {
  echo "FAILED: $*"
  failed=1
}
# expect_error WORDS ARGS...: exit 2 and the words.
expect_error() {
  local words=$1 output code
  shift
  output=$("$print_config" "$one" "$@" 2>&1)
  code=$?
  [ $code -eq 2 ] || fail "$* ended with $code: $output"
  grep -qF -- "$words" <<<"$output" || fail "$* does not say: $words: $output"
}

[ "$("$print_config" "$one" --untyped --cfg-options a.b=3)" = "$(printf 'a:\n  b: 3')" ] ||
  fail "--untyped with an override: $("$print_config" "$one" --untyped --cfg-options a.b=3)"
# The overrides are CONFIG's alone.
diff=$("$print_config" "$one" --untyped --cfg-options a.b=3 --diff "$other") ||
  fail "--diff"
grep -q '3' <<<"$diff" && grep -q '2' <<<"$diff" || fail "--diff: $diff"
[ "$(head -n 2 <<<"$diff")" = "--- $one
+++ $other" ] || fail "--diff's head: $diff"

# A dump in JSON has no tuples and is the same all the same.
printf 'a = dict(b=(1, [2]), c={3})\n' >"$TEST_TMPDIR/tuples.py"
"$print_config" "$TEST_TMPDIR/tuples.py" --untyped --format json \
  >"$TEST_TMPDIR/tuples.json"
diff=$("$print_config" "$TEST_TMPDIR/tuples.py" --untyped \
  --diff "$TEST_TMPDIR/tuples.json") || fail "--diff of tuples"
[ -z "$diff" ] || fail "--diff of tuples: $diff"

for flag in --amp --auto-scale-lr --resume '--seed 1' '--work-dir x' \
  '--launcher none'; do
  # shellcheck disable=SC2086
  expect_error "${flag%% *} has no effect with --untyped" --untyped $flag
done
expect_error '--format has no effect with --diff' --untyped --format json \
  --diff "$other"
expect_error '--provenance has no effect with --diff' --untyped --provenance \
  --diff "$other"
exit $failed
