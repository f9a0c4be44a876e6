#!/usr/bin/env bash
# eight_bit_loss.sh TRAIN CONFIG: the validation losses of the GPT example by
# optimizers with state in 8 bits against those with float32, a line after each
# quarter of 1,000 iterations. Half an hour.
set -euo pipefail

train=$1
config=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# losses TYPE LR: one a line.
losses() {
  "$train" "$config" --work-dir "$folder/$1" --cfg-options \
    train_cfg.max_iters=1000 train_cfg.val_interval=250 \
    optim_wrapper.optimizer.type="$1" optim_wrapper.optimizer.lr="$2" \
    optim_wrapper.optimizer.weight_decay=0 </dev/null >"$folder/$1.log" 2>&1 ||
    { cat "$folder/$1.log" >&2; return 1; }
  sed -n 's/.*Iter(val).* loss: \([0-9.]*\) .*/\1/p' "$folder/$1.log"
}

while read -r name lr; do
  losses "$name" "$lr" >"$folder/peer"
  losses "${name}8bit" "$lr" >"$folder/ours"
  iters=0
  while read -r ours peer; do
    iters=$((iters + 250))
    awk -v name="$name" -v iters="$iters" -v ours="$ours" -v peer="$peer" \
      'BEGIN { printf "figure: eight_bit_loss/%s8bit_%d ours=%s peer=%s " \
               "ratio=%.4f\n", name, iters, ours, peer, ours / peer }'
  done < <(paste "$folder/ours" "$folder/peer")
done <<'END'
Adam 0.001
AdamW 0.001
Lion 0.0002
END
