#!/usr/bin/env bash
# Trains LeNet for an epoch and passes checkpoints to Python and back:
#   ./bazelw run //tests/python:checkpoint_interop
# Prints a line for each check; fails at the first that does not hold.
set -euo pipefail

runfiles=$(cd "$0.runfiles/anneal" && pwd)
folder=$runfiles/tests/python
repository=${BUILD_WORKSPACE_DIRECTORY:?run it by ./bazelw run}

python=$(bash "$folder/venv.sh")
work_dir=$(mktemp -d)
trap 'rm -rf "$work_dir"' EXIT

# The config's paths are relative to the repository.
cd "$repository"
export BUILD_WORKING_DIRECTORY=$repository
"$python" "$folder/checkpoint_interop.py" --train "$runfiles/tools/train" \
  --test "$runfiles/tools/test" --work-dir "$work_dir"
