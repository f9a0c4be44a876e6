#!/usr/bin/env bash
# A checkpoint has the same accuracy whatever the number of ranks that evaluate
# it, also where they don't divide the samples: none counts twice.
source tests/e2e/lib.sh

# evaluate RANKS SIZE BATCH_SIZE: ACCURACY and LOSS are then those of the first
# SIZE digits of the validation set.
evaluate() {
  local work_dir=$TEST_TMPDIR/$1_$2_$3
  expect "$1 ranks, $2 samples" 0 "accuracy/top1: " \
    "$TEST" "$HERE/lenet_iter.yaml" "$CHECKPOINT" --work-dir "$work_dir" \
    --launcher local --nproc "$1" --cfg-options val_dataloader.batch_size="$3" \
    val_dataloader.dataset.end=$((9500 + $2))
  read -r ACCURACY LOSS < <(python3 - "$work_dir" <<'PYTHON'
import glob, json, sys

with open(glob.glob(sys.argv[1] + '/*/*.json')[0]) as file:
    metrics = json.load(file)
print(repr(metrics['accuracy/top1']), repr(metrics['loss']))
PYTHON
  )
}

expect "training" 0 "" "$TRAIN" "$HERE/lenet_iter.yaml" \
  --work-dir "$TEST_TMPDIR/trained" --cfg-options train_cfg.max_iters=6
CHECKPOINT=$TEST_TMPDIR/trained/iter_6.pth

# More than the ranks, fewer, and a last batch of one.
for case in "497 50" "3 50" "241 40" "1 1"; do
  read -r size batch_size <<<"$case"
  evaluate 1 "$size" "$batch_size"
  accuracy=$ACCURACY loss=$LOSS
  for ranks in 2 3 4; do
    evaluate "$ranks" "$size" "$batch_size"
    echo "$size samples, $ranks ranks: accuracy $ACCURACY, loss $LOSS"
    [ "$accuracy" = "$ACCURACY" ] ||
      fail "$size samples: accuracy $ACCURACY on $ranks ranks, $accuracy on one"
    # Batches are others, and with them the rounding of their sums.
    python3 -c "exit(abs($loss - $LOSS) > 1e-5 * $loss)" ||
      fail "$size samples: loss $LOSS on $ranks ranks, $loss on one"
  done
done

finish
