#!/usr/bin/env bash
# check_edges.sh names an edge that points up, and passes those that do not.
set -uo pipefail

check=$1
folder=$TEST_TMPDIR
printf '# comment\nhooks runner\nutils\n' >"$folder/rows"
failures=0

# expect NAME STATUS WORDS EDGE...: the check's status and output.
expect() {
  local name=$1 status=$2 words=$3 output actual=0
  shift 3
  printf '  %s\n' "digraph mygraph {" "$@" "}" >"$folder/graph"
  output=$(bash "$check" "$folder/rows" "$folder/graph") || actual=$?
  if [ "$actual" != "$status" ] || ! grep -qF -- "$words" <<<"$output"; then
    echo "$name: status $actual, expected $status and '$words' in: $output"
    failures=$((failures + 1))
  fi
}

expect "an edge down passes" 0 "1 edges, 0 wrong" \
  '"//hooks:hook" -> "//utils:value"'
expect "an edge within the row passes" 0 "1 edges, 0 wrong" \
  '"//hooks/deep:hook" -> "//runner:loop"'
expect "an edge up is named" 1 "//utils:value depends on //hooks:hook" \
  '"//hooks:hook" -> "//utils:value"' '"//utils:value" -> "//hooks:hook"'
expect "an unknown folder is named" 1 'folder "attic" is in no row' \
  '"//hooks:hook" -> "//attic:chest"'
expect "an empty graph fails" 1 "no edge"

[ "$failures" = 0 ]
