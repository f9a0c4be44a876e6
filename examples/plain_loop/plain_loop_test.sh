#!/usr/bin/env bash
# The loop runs, its loss falls to less than a hundredth, and its learning rate
# follows the cosine.
set -euo pipefail

examples/plain_loop/plain_loop | tee "$TEST_TMPDIR/out"
awk '
  NR == 1 { first = $6; if ($4 != "0.0200") bad = "the first rate" }
  { last = $6; rate = $4 }
  END {
    if (NR != 6) bad = "the number of lines"
    if (!(last < first / 100)) bad = "the last loss"
    if (rate != "0.0000") bad = "the last rate"
    if (bad) { print "FAIL: " bad; exit 1 }
  }' "$TEST_TMPDIR/out"
