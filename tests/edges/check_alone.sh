#!/usr/bin/env bash
# check_alone.sh UNWANTED FILE...: fails if a line of a FILE (the labels that a
# folder depends on) matches the extended expression UNWANTED, and prints it.
set -uo pipefail

unwanted=$1
shift
status=0
for file in "$@"; do
  if [ ! -s "$file" ]; then
    echo "$file is empty: is its query right?"
    status=1
  fi
  if found=$(grep -E "$unwanted" "$file"); then
    printf '%s brings in what it must not:\n%s\n' "$file" "$found"
    status=1
  fi
done
exit "$status"
