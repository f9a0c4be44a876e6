#!/usr/bin/env bash
# from_mmengine_test.sh MARKDOWN HEADER...: fails for a C++ name between
# backticks in the tables' right column that stands in no header, a registered
# class by its NAMEConfig.
set -euo pipefail

page=$1
shift

# The names in a line each: `Communicator::AllReduce` is two.
names() {
  grep -E '^\|.*\|.*\|$' "$page" | cut -d'|' -f3 | grep -o '`[^`]*`' |
    tr -d '`' | grep -vE '^(//|--|\.|absl::|at::|std::|torch::|\[\[)|[/]' |
    grep -oE '[A-Za-z_][A-Za-z_0-9]*' | sort -u
}

words=$(cat "$@" | grep -oE '[A-Za-z_][A-Za-z_0-9]*' | sort -u)
missing=$(names | while read -r name; do
  grep -qxE "$name(Config)?" <<<"$words" || echo "$name"
done)
count=$(names | wc -l)
echo "$count names, missing: ${missing:-none}"
[ "$count" -gt 100 ] && [ -z "$missing" ]
