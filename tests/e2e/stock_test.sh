#!/usr/bin/env bash
# The runtime section of OpenMMLab's projects runs here as it is.
source tests/e2e/lib.sh

WORK=$TEST_TMPDIR/work
expect "a stock default_runtime.py" 0 "[2/2]
Epoch(val) [1][1/1]" "$TRAIN" "$HERE/stock.py" --work-dir "$WORK"
[ -s "$WORK/epoch_1.pth" ] || fail "no checkpoint"

expect "a class of a project's own" 2 "no visualizer \"UniversalVisualizer\"" \
  "$TRAIN" "$HERE/stock.py" --work-dir "$WORK" \
  --cfg-options visualizer.type=UniversalVisualizer

finish
