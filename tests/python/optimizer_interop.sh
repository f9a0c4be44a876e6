#!/usr/bin/env bash
# Passes the state of every torch optimizer to Anneal and back:
#   ./bazelw run //tests/python:optimizer_interop
# Prints a line for each check; fails at the first that does not hold.
# ANNEAL_PYTHON: a Python with torch, else that of venv.sh.
set -euo pipefail

runfiles=$(cd "$0.runfiles/anneal" && pwd)
folder=$runfiles/tests/python
python=${ANNEAL_PYTHON:-$(bash "$folder/venv.sh")}
"$python" "$folder/optimizer_interop.py" "$folder/optimizer_interop_ours"
