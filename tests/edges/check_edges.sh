#!/usr/bin/env bash
# check_edges.sh ROWS GRAPH: fails if an edge of GRAPH (`bazel query
# --output=graph --nograph:factored`) points to a row of ROWS above its own,
# and prints each such edge.
set -euo pipefail

exec awk -v rows_file="$1" '
  function folder(label) {
    sub(/^\/\//, "", label)
    sub(/[\/:].*/, "", label)
    return label
  }
  BEGIN { FS = "\""; bad = 0; edges = 0 }
  FILENAME == rows_file {
    if ($0 ~ /^#/ || $0 ~ /^ *$/) next
    ++height
    count = split($0, names, " ")
    for (i = 1; i <= count; ++i) row[names[i]] = height
    next
  }
  # Lines such as   "//a:b" -> "//c:d"
  / -> / {
    from = folder($2)
    to = folder($4)
    ++edges
    if (!(from in row)) missing[from] = $2
    if (!(to in row)) missing[to] = $4
    if (row[from] && row[to] && row[to] < row[from]) {
      printf "%s depends on %s: //%s is above //%s in %s; move what they share to a row below both\n", $2, $4, to, from, rows_file
      ++bad
    }
  }
  END {
    for (name in missing) {
      printf "%s: folder \"%s\" is in no row of %s; add it where it belongs\n", missing[name], name, rows_file
      ++bad
    }
    if (!edges) {
      printf "the graph has no edge: is its query right?\n"
      ++bad
    }
    printf "%d edges, %d wrong\n", edges, bad
    exit bad != 0
  }' "$1" "$2"
