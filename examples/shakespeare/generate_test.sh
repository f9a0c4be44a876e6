#!/usr/bin/env bash
# generate_test.sh GENERATE TRAIN GPT_CONFIG MLP_CONFIG: trains a tiny GPT for
# two steps and samples from its checkpoint.
set -euo pipefail

generate=$1
train=$2
config=$3
mlp_config=$4
tiny="model.n_layer=1 model.n_head=1 model.n_embd=8"
work_dir=$TEST_TMPDIR/work
checkpoint=$work_dir/iter_2.pth
failures=0

fail() {
  echo "FAIL: $*"
  failures=$((failures + 1))
}

# Its text, from the tiny GPT's checkpoint.
sample() {
  # shellcheck disable=SC2086
  "$generate" "$config" "$checkpoint" "$@" --cfg-options $tiny
}

# expect_error WORDS COMMAND...: fails with code 2 and a message with the words.
expect_error() {
  local words=$1 code=0 message
  shift
  message=$("$@" 2>&1 >/dev/null) || code=$?
  [ "$code" = 2 ] || fail "code $code instead of 2 for: $words"
  grep -qF -- "$words" <<<"$message" || fail "\"$message\" lacks: $words"
}

# shellcheck disable=SC2086
"$train" "$config" --work-dir "$work_dir" --cfg-options $tiny \
  train_cfg.max_iters=2 train_cfg.val_interval=2 \
  param_scheduler.0.end=1 param_scheduler.1.begin=1 \
  val_dataloader.dataset.stride=4096 default_hooks.checkpoint.interval=2 \
  env_cfg.num_threads=1 >"$TEST_TMPDIR/log" 2>&1 ||
  { cat "$TEST_TMPDIR/log"; exit 1; }

# The text is the prompt, --count characters and a line break.
text=$(sample --prompt ROMEO: --count 100; echo .)
[ "${#text}" = 108 ] || fail "${#text} characters instead of 108: $text"
[ "${text:0:6}" = ROMEO: ] || fail "doesn't begin with the prompt: $text"
[ "$(sample --prompt ROMEO: --count 100; echo .)" = "$text" ] ||
  fail "the same seed gives another text"
[ "$(sample --prompt ROMEO: --count 100 --seed 1; echo .)" != "$text" ] ||
  fail "another seed gives the same text"
# Longer than the context of 64, and the likeliest character each time.
greedy=$(sample --prompt A --count 80 --top-k 1; echo .)
[ "$(sample --prompt A --count 80 --top-k 1 --seed 5; echo .)" = "$greedy" ] ||
  fail "--top-k 1 depends on the seed"
[ "$(sample --count 7 | wc -c)" = 9 ] || fail "--count 7 isn't 7 characters"
"$generate" --help | grep -qF -- --temperature || fail "--help lacks a flag"

# A text beyond ASCII trains, is saved and continued.
for i in $(seq 200); do echo "Grüße $i: 漢字 😀"; done >"$TEST_TMPDIR/utf8.txt"
# shellcheck disable=SC2086
"$train" "$config" --work-dir "$work_dir/utf8" --cfg-options $tiny \
  train_dataloader.dataset.path="$TEST_TMPDIR/utf8.txt" \
  val_dataloader.dataset.path="$TEST_TMPDIR/utf8.txt" \
  train_cfg.max_iters=2 train_cfg.val_interval=2 \
  param_scheduler.0.end=1 param_scheduler.1.begin=1 \
  default_hooks.checkpoint.interval=2 >"$TEST_TMPDIR/log" 2>&1 ||
  { cat "$TEST_TMPDIR/log"; exit 1; }
checkpoint=$work_dir/utf8/iter_2.pth
sample --prompt '漢ü😀' --count 100 >"$TEST_TMPDIR/sample"
[[ $(cat "$TEST_TMPDIR/sample") == '漢ü😀'* ]] || fail "lost a prompt of UTF-8"
iconv -f utf-8 -t utf-16le "$TEST_TMPDIR/sample" >/dev/null ||
  fail "its text is not UTF-8"
expect_error "is not UTF-8" sample --prompt $'caf\xe9'
checkpoint=$work_dir/iter_2.pth

# The config's strategy is the one that runs.
# shellcheck disable=SC2086
expect_error "no backend for npu" "$generate" "$config" "$checkpoint" \
  --cfg-options $tiny strategy.device=npu

expect_error "usage: generate CONFIG CHECKPOINT" "$generate" "$config"
expect_error "unknown flag --promt" sample --promt A
expect_error '--count is "0"; it must be an integer' sample --count 0
expect_error '--top-k is "x"; it must be an integer' sample --top-k x
expect_error '--seed is "-1"; it must be an integer' sample --seed -1
expect_error '--temperature is "0"; it must be a number above 0' \
  sample --temperature 0
expect_error "--prompt needs a value" sample --prompt ""
expect_error "--prompt: the training text doesn't have the character \"#\"" \
  sample --prompt "A#"
expect_error "doesn't have the character \"é\"" sample --prompt é
expect_error "no_such.pth" "$generate" "$config" no_such.pth
expect_error "no_such.yaml" "$generate" no_such.yaml "$checkpoint"
expect_error "its model is no GPT" "$generate" "$mlp_config" "$checkpoint"
# The config's own model is larger than the checkpoint's.
expect_error "the checkpoint" "$generate" "$config" "$checkpoint"

[ "$failures" = 0 ]
