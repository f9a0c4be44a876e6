#!/usr/bin/env bash
# What goes wrong by a user's hand, file or disk: the exit code, the words, and
# that nothing is lost.
source tests/e2e/lib.sh

LENET=$PWD/$HERE/lenet.yaml
DATA=$PWD/examples/mnist/data
WORK=$TEST_TMPDIR/work
cd "$TEST_TMPDIR" || exit 1
SHORT="train_cfg.max_epochs=1 train_dataloader.dataset.end=256
       val_dataloader.dataset.begin=9900"
ROOT="train_dataloader.dataset.data_root=$DATA
      val_dataloader.dataset.data_root=$DATA"

# short NAME STATUS WORDS FLAGS...: one short epoch.
short() {
  local name=$1 status=$2 words=$3
  shift 3
  # shellcheck disable=SC2086
  expect "$name" "$status" "$words" "$TRAIN" "$LENET" --work-dir "$WORK" \
    --cfg-options $SHORT $ROOT "$@"
}
# config NAME STATUS WORDS FILE: FILE's text on standard input.
config() {
  local name=$1 status=$2 words=$3 file=$4
  cat >"$file"
  rm -rf untouched
  expect "$name" "$status" "$words" "$TRAIN" "$file" --work-dir untouched
  [ ! -e untouched ] || fail "$name: a work directory was made"
}

# flip_bit FILE: turns one bit over, within a tensor.
flip_bit() {
  local at byte
  at=$(($(stat -c %s "$1") / 3))
  byte=$(od -An -tu1 -j "$at" -N 1 "$1")
  # shellcheck disable=SC2059
  printf "\\x$(printf %02x $((byte ^ 4)))" |
    dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# The config.
expect "no such config" 2 "nowhere.yaml" "$TRAIN" nowhere.yaml
config "YAML syntax" 2 "bad.yaml:2:" bad.yaml <<<$'model: {type: LeNet}\n  x: [1, 2'
config "JSON syntax" 2 "bad.json:2:" bad.json <<<$'{"model": 1,\n "x" 2}'
config "textproto syntax" 2 "bad.textproto:2:" bad.textproto \
  <<<$'work_dir: "x"\nmodel { ] }'
config "every mistake at once" 2 "all.yaml:1:22: model.num_clases: 
did you mean \"num_classes\"?
all.yaml:3:15: train_dataloader.batch_size: 
all.yaml:4:19: train_dataloader.dataset.type: 
all.yaml:5:12: train_cfg.max_epochs: 
all.yaml:6:28: optim_wrapper.optimizer.lr: " all.yaml <<'Y'
model: {type: LeNet, num_clases: 10}
train_dataloader:
  batch_size: many
  dataset: {type: MNISTT}
train_cfg: {by_epoch: true}
optim_wrapper: {optimizer: {type: SGD}}
Y
short "override through a number" 2 \
  "--cfg-options randomness.seed.x=1
\"x\" is not there: randomness.seed is" randomness.seed.x=1
short "override of an index" 2 "\"9\" is not there: val_evaluator is a list of 2" \
  val_evaluator.9.type=Accuracy
short "override of no field" 2 "randomness.sead
did you mean \"seed\"?" randomness.sead=1
[ ! -e "$WORK" ] || fail "a config error made a work directory"

# The data.
mkdir data
cp "$DATA"/t10k-labels-idx1-ubyte.gz data
gzip -dc "$DATA"/t10k-images-idx3-ubyte.gz >whole
here="train_dataloader.dataset.data_root=data train_dataloader.dataset.images"
# shellcheck disable=SC2086
{
  short "dataset missing" 2 "data/nothing" $here=nothing
  head -c 100000 whole >data/short
  short "dataset truncated" 1 "data/short" $here=short
  { printf 'PNG!' && tail -c +5 whole; } >data/magic
  short "dataset of another magic" 2 "data/magic
magic" $here=magic
  head -c 100000 "$DATA"/t10k-images-idx3-ubyte.gz >data/short.gz
  short "gzip truncated" 1 "data/short.gz" $here=short.gz
}
rm whole

# The numbers.
rm -rf "$WORK"
short "NaN loss" 1 "the loss is not finite at iteration
weights have diverged
Checkpoints saved before this iteration are sound" \
  optim_wrapper.optimizer.lr=1e30 train_cfg.max_epochs=4

# The log that a run leaves says why it ended.
tail -n 1 "$WORK"/*/*.log | grep -q " - ERROR - .*the loss is not finite at" ||
  fail "NaN loss: the log just ends"

# The work directory.
touch file
short "work directory under a file" 1 "$PWD/file" --work-dir file/work
# Root may write anywhere, unless it gives that up.
as_user() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  as_user() { setpriv --bounding-set=-dac_override "$@"; }
fi
mkdir -m 555 locked
# shellcheck disable=SC2086
expect "work directory not writable" 1 "$PWD/locked/work
ermission denied" as_user "$TRAIN" "$LENET" --work-dir locked/work \
  --cfg-options $SHORT $ROOT

# A full disk: a limit on a file's size gives the same failure of a write.
rm -rf "$WORK"
short "first epoch" 0 ""
cp "$WORK/epoch_1.pth" epoch_1.pth
full() { (trap '' XFSZ && ulimit -f 200 && "$@"); }
# shellcheck disable=SC2086
expect "disk full" 1 "$WORK/epoch_2.pth could not be saved
Older checkpoints are untouched" \
  full "$TRAIN" "$LENET" --work-dir "$WORK" --resume \
  --cfg-options $SHORT $ROOT train_cfg.max_epochs=2
cmp -s epoch_1.pth "$WORK/epoch_1.pth" || fail "disk full: epoch_1.pth changed"
[ ! -e "$WORK/epoch_2.pth" ] || fail "disk full: half a checkpoint is there"
ls "$WORK"/.*.tmp.* 2>/dev/null && fail "disk full: a temporary file is left"
short "after the disk was full" 0 "epoch_1.pth
resumed epoch: 1" train_cfg.max_epochs=2 --resume

# A disk that is really full, where this user may mount one.
mkdir small
if unshare --mount mount -t tmpfs -o size=700k tmpfs small 2>/dev/null; then
  in_small() {
    # shellcheck disable=SC2016
    unshare --mount bash -c 'mount -t tmpfs -o size=700k tmpfs small && "$@"
      status=$?; cp small/work/*.pth . ; exit $status' - "$@"
  }
  rm -f epoch_*.pth
  # shellcheck disable=SC2086
  expect "no space left" 1 "small/work/epoch_2.pth could not be saved
No space left on device" in_small "$TRAIN" "$LENET" --work-dir small/work \
    --cfg-options $SHORT $ROOT train_cfg.max_epochs=2 \
    default_hooks.checkpoint.save_best=None
  [ ! -e epoch_2.pth ] || fail "no space left: half a checkpoint is there"
  [ -s epoch_1.pth ] || fail "no space left: epoch_1.pth is gone"
fi

# Checkpoints.
short "shapes" 2 "epoch_1.pth
fc3.weight
[10, 84]
[7, 84]" model.num_classes=7 "load_from=$PWD/epoch_1.pth"
head -c 50000 epoch_1.pth >cut.pth
short "truncated" 1 "cut.pth" --resume cut.pth
cp epoch_1.pth flipped.pth
flip_bit flipped.pth
short "a flipped bit" 1 "flipped.pth" --resume flipped.pth
short "no such checkpoint" 2 "none.pth" --resume none.pth
short "weights alone can't be resumed" 2 "load_from" \
  --resume "$(ls "$WORK"/best_*.pth)"
expect "test of a damaged file" 1 "cut.pth" "$TEST" "$LENET" cut.pth \
  --work-dir "$WORK"
flip_bit "$WORK/epoch_2.pth"
short "the newest is damaged" 0 "not resumed from, damaged: $WORK/epoch_2.pth
Auto resumed from the latest checkpoint $WORK/epoch_1.pth
resumed epoch: 1" train_cfg.max_epochs=2 --resume

finish
