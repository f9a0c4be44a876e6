#!/usr/bin/env bash
# lenet_py_test.sh PRINT_CONFIG ONE OTHER: both configs are the same message.
set -euo pipefail

print_config=$PWD/$1
one=$("$print_config" "$PWD/$2" --format textproto)
other=$("$print_config" "$PWD/$3" --format textproto)
grep -q LeNet <<<"$one"
diff <(echo "$one") <(echo "$other")
