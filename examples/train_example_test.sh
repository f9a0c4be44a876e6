#!/usr/bin/env bash
# train_example_test.sh TRAIN CONFIG METRIC OPERATOR BOUND [KEY=VALUE ...]
#
# Trains CONFIG with the overrides. The run must end well, with a checkpoint,
# and its last validation's METRIC must hold: "accuracy/top1 >= 0.9".
set -euo pipefail

train=$1
config=$2
metric=$3
operator=$4
bound=$5
shift 5

work_dir=$TEST_TMPDIR/work
log=$TEST_TMPDIR/log
if ! "$train" "$config" --work-dir "$work_dir" \
    --cfg-options env_cfg.num_threads=1 "$@" >"$log" 2>&1; then
  cat "$log"
  echo "FAIL: $train $config failed"
  exit 1
fi

line=$(grep '(val) \[' "$log" | tail -n 1)
value=$(sed -n "s|.* $metric: \([^ ]*\).*|\1|p" <<<"$line")
if ! awk "BEGIN { exit !(\"$value\" != \"\" && $value + 0 $operator $bound) }"; then
  cat "$log"
  echo "FAIL: $metric is \"$value\", not $operator $bound"
  exit 1
fi

checkpoint=$(cat "$work_dir/last_checkpoint")
if [ ! -s "$checkpoint" ]; then
  echo "FAIL: no checkpoint at \"$checkpoint\""
  exit 1
fi
echo "$metric is $value"
