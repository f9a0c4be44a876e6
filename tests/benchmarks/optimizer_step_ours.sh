#!/usr/bin/env bash
# optimizer_step's own numbers, as compare.py takes them.
set -euo pipefail
exec "$(dirname "$0")/optimizer_step" --seconds
