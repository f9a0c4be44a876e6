#!/usr/bin/env bash
# A GAN's two optimizers train, are logged by their names, and go on from the
# middle of an epoch as if nothing had been.
set -euo pipefail

run() {
  local work_dir=$1
  shift
  if ! examples/gan/train examples/gan/gan.yaml --work-dir "$work_dir" \
      --cfg-options env_cfg.num_threads=1 model.width=4 \
      train_dataloader.dataset.end=640 train_cfg.max_epochs=3 \
      default_hooks.logger.interval=1 \
      default_hooks.checkpoint.by_epoch=false \
      default_hooks.checkpoint.interval=7 \
      default_hooks.checkpoint.max_keep_ckpts=-1 \
      'param_scheduler={generator: [{type: LinearLR, by_epoch: false, start_factor: 0.5, end: 20}], discriminator: []}' \
      "$@" >"$work_dir.log" 2>&1
  then
    cat "$work_dir.log"
    echo "FAIL: the run in $work_dir failed"
    exit 1
  fi
}

whole=$TEST_TMPDIR/whole
resumed=$TEST_TMPDIR/resumed
run "$whole"
run "$resumed" load_from="$whole/iter_14.pth" resume=true
if ! tests/e2e/same_checkpoint "$whole/iter_28.pth" "$resumed/iter_28.pth"; then
  echo "FAIL: the resumed run differs"
  exit 1
fi

# The generator's rate warms up from a half.
rates='discriminator.lr: 2.0000e-04 generator.lr: 2.0000e-04'
if ! grep -q "$rates .* loss_g: .* loss_d: " "$whole.log"; then
  cat "$whole.log"
  echo "FAIL: the log has no line of \"$rates\" and the losses"
  exit 1
fi
if [ "$(find "$whole" -name 'samples_*.png' | wc -l)" != 3 ]; then
  find "$whole"
  echo "FAIL: there are no three pictures"
  exit 1
fi
