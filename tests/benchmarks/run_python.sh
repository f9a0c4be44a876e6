#!/usr/bin/env bash
# run_python.sh SCRIPT ARG...: with $ANNEAL_PYTHON, by default the Python of
# tests/python/venv.sh. What it starts stands in the runfiles, not where the
# user does.
set -euo pipefail

python=${ANNEAL_PYTHON:-$(tests/python/venv.sh)}
unset BUILD_WORKING_DIRECTORY
exec "$python" "$@"
