#!/usr/bin/env bash
# Trains an MLP in two processes, by Anneal and by mmengine's runner with
# MMDistributedDataParallel over Gloo, and compares weights and losses:
#   ./bazelw run //tests/python:ddp_parity
# Prints a line for each check; fails at the first that does not hold.
set -euo pipefail

runfiles=$(cd "$0.runfiles/anneal" && pwd)
folder=$runfiles/tests/python
repository=${BUILD_WORKSPACE_DIRECTORY:?run it by ./bazelw run}

python=$(bash "$folder/venv.sh")
work_dir=$(mktemp -d)
trap 'rm -rf "$work_dir"' EXIT

# The data's path is relative to the repository.
cd "$repository"
unset BUILD_WORKING_DIRECTORY
"$python" "$folder/ddp_parity.py" --train "$runfiles/tools/train" \
  --work-dir "$work_dir"
