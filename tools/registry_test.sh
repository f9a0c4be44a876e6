#!/usr/bin/env bash
# registry_test.sh REGISTRY: what the program prints.
set -euo pipefail

registry=$1

fail() {
  echo "FAILED: $1" >&2
  exit 1
}
# expect WHAT PATTERN TEXT: a line of the text matches.
expect() {
  grep -qE -- "$2" <<<"$3" || fail "$1: no line like '$2' in:
$3"
}

list=$("$registry")
expect list '^hook \([0-9]+\)$' "$list"
expect list '^  CheckpointHook +//hooks:checkpoint_hook$' "$list"
expect 'list --kind' '^optimizer' "$("$registry" --kind optimizer)"
grep -q '^hook' <<<"$("$registry" --kind optimizer)" && fail 'other kinds'

python3 -c '
import json, sys
kinds = json.load(sys.stdin)
sgd = [c for c in kinds["optimizer"] if c["name"] == "SGD"]
assert sgd[0]["message"] == "anneal.SGDConfig", sgd
assert sgd[0]["target"] == "//optim:sgd", sgd
' <<<"$("$registry" --json)" || fail 'list --json'

page=$("$registry" show SGD)
expect page '^SGD: an optimizer of anneal$' "$page"
expect page '^  lr: real, required$' "$page"
expect page '^ +Learning rate, at least 0\.$' "$page"
expect page '^  nesterov: true or false, default false$' "$page"
expect page '^    optimizer:$' "$page"

# A scheduler's fields have their own comments, and no other's.
page=$("$registry" show CosineAnnealingLR)
grep -q 'param_name\|number of the optimizer' <<<"$page" &&
  fail "CosineAnnealingLR has no param_name: $page"
for field in begin end by_epoch T_max; do
  words=$(grep -A1 -E "^  $field: " <<<"$page" | tail -1)
  case $field in
    begin) expect "$field" 'The first epoch' "$words" ;;
    end) expect "$field" 'The epoch or iteration after the last' "$words" ;;
    by_epoch) expect "$field" 'Whether the scheduler moves on' "$words" ;;
    T_max) expect "$field" '^ +Steps from the first value' "$words" ;;
  esac
done
expect 'a scheduler of any number' "^ +The number of the optimizer's groups" \
  "$("$registry" show StepParamScheduler)"

python3 -c '
import json, sys
(sgd,) = json.load(sys.stdin)
assert sgd["fields"][0]["required"] is True, sgd
assert sgd["example"]["optim_wrapper"]["optimizer"]["type"] == "SGD", sgd
' <<<"$("$registry" show SGD --json)" || fail 'show --json'

# Errors go to standard error, with 2 for a mistake of the user's.
set +e
for words in 'show SDG' 'show' 'shw SGD' '--kind hok' '--jsn'; do
  # shellcheck disable=SC2086
  errors=$("$registry" $words 2>&1 >/dev/null)
  code=$?
  [[ $code == 2 ]] || fail "registry $words ended with $code"
  case $words in
    'show SDG') expect "$words" 'did you mean "SGD"\?' "$errors" ;;
    'show') expect "$words" 'CLASS is missing' "$errors" ;;
    'shw SGD') expect "$words" 'one word too many' "$errors" ;;
    '--kind hok') expect "$words" 'did you mean "hook"\?' "$errors" ;;
    '--jsn') expect "$words" 'did you mean --json|did you mean "--json"' "$errors" ;;
  esac
done
echo passed
