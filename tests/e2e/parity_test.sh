#!/usr/bin/env bash
# parity_test.sh PROGRAM MODEL BATCH_SIZE: 2, 3 and 4 ranks that share the batch
# of parity_MODEL.yaml train as one process does on the whole of it: the losses
# logged over 20 iterations and the weights after them differ by rounding alone.
# The same ranks twice give the same bits.
source tests/e2e/lib.sh

PROGRAM=$PWD/$1
CONFIG=$HERE/parity_$2.yaml
BATCH_SIZE=$3
NEAR_CHECKPOINT=$PWD/tests/e2e/near_checkpoint
# Relative to the largest weight of a tensor, and to the loss. Sums over a batch
# that is cut in parts are rounded elsewhere: float's epsilon is 1e-7, and 20
# steps make no more than some of it. A bfloat16 has 8 bits, so each rank's
# gradient is off by 2^-8 before the ranks' are averaged; 2^-5 leaves 20 steps
# room. A mistake in what a rank sees or averages shows as 0.2 and more, as that
# of the last case.
FLOAT=1e-5
BFLOAT16=0.03125

# near_losses TOLERANCE A B: whether both logged the same 20 losses.
near_losses() {
  python3 - "$@" <<'PYTHON'
import glob, json, sys

tolerance = float(sys.argv[1])
a, b = ([json.loads(line)['loss'] for line in open(path)]
        for folder in sys.argv[2:]
        for path in glob.glob(folder + '/*/vis_data/scalars.json'))
largest = max(abs(x - y) / abs(x) for x, y in zip(a, b))
print(f'largest relative difference of the losses {largest:.3g}')
sys.exit(len(a) != 20 or len(b) != 20 or largest > tolerance)
PYTHON
}

# train WORK_DIR RANKS OVERRIDES...: on an equal part of the batch each.
train() {
  local work_dir=$1 ranks=$2
  shift 2
  local launch=(--launcher local --nproc "$ranks")
  [ "$ranks" = 1 ] && launch=()
  expect "$work_dir" 0 "" "$PROGRAM" "$CONFIG" "${launch[@]}" \
    --work-dir "$TEST_TMPDIR/$work_dir" --cfg-options \
    train_dataloader.batch_size=$((BATCH_SIZE / ranks)) "$@"
}

# is_near TOLERANCE A B: work directories.
is_near() {
  echo "$2 and $3:"
  near_losses "$1" "$TEST_TMPDIR/$2" "$TEST_TMPDIR/$3" || return 1
  "$NEAR_CHECKPOINT" "$1" "$TEST_TMPDIR/$2/iter_20.pth" \
    "$TEST_TMPDIR/$3/iter_20.pth"
}

# expect_parity NAME TOLERANCE OVERRIDES...
expect_parity() {
  local name=$1 tolerance=$2 ranks
  shift 2
  train "$name.1" 1 "$@"
  for ranks in 2 3 4; do
    train "$name.$ranks" "$ranks" "$@"
    is_near "$tolerance" "$name.1" "$name.$ranks" ||
      fail "$name: $ranks ranks are not one process at the full batch"
  done
  train "$name.again" 3 "$@"
  expect_same_run "$name: again" "$TEST_TMPDIR/$name.3" \
    "$TEST_TMPDIR/$name.again" iter_20.pth
}

expect_parity plain "$FLOAT"
expect_parity accumulated "$FLOAT" optim_wrapper.accumulative_counts=2 \
  optim_wrapper.clip_grad.max_norm=0.5
expect_parity bfloat16 "$BFLOAT16" optim_wrapper.type=AmpOptimWrapper \
  optim_wrapper.dtype=bfloat16

# Not so with half of the samples.
train half 1 train_dataloader.batch_size=$((BATCH_SIZE / 2))
! is_near "$BFLOAT16" plain.1 half >"$TEST_TMPDIR/half.txt" ||
  fail "half the batch makes no difference: $(cat "$TEST_TMPDIR/half.txt")"

finish
