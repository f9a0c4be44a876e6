#!/usr/bin/env bash
# Prints a benchmark's figures; see compare.py for the arguments. Python is
# $ANNEAL_PYTHON, by default that of tests/python/venv.sh.
set -euo pipefail

python=${ANNEAL_PYTHON:-$("$BUILD_WORKSPACE_DIRECTORY/tests/python/venv.sh")}
exec "$python" tests/benchmarks/compare.py "$@"
