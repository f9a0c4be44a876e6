#!/usr/bin/env bash
# Reads every config that OpenMMLab's wheels bring along by mmengine and by
# Anneal, and compares the trees:
#   ./bazelw run //tests/python:published_configs [-- PACKAGE==VERSION ...]
# Prints a count for each package and the first differences; fails where less
# than 98% of a package's configs give the same tree. The wheels go to
# ${ANNEAL_CACHE:-~/.cache/anneal}/published_configs (150 MB, once).
set -euo pipefail

runfiles=$(cd "$0.runfiles/anneal" && pwd)
folder=$runfiles/tests/python
python=$(bash "$folder/venv.sh")

"$python" "$folder/published_configs.py" \
  --trees "$runfiles/tests/python/config_trees" \
  --cache "${ANNEAL_CACHE:-$HOME/.cache/anneal}/published_configs" "$@"
