#!/usr/bin/env bash
# Reads and writes moto's S3 server together with boto3:
#   ./bazelw run //tests/python:storage_servers
# Prints a line for each check; fails at the first that does not hold. The first
# call makes a Python environment of its own (60 MB to download);
# ANNEAL_STORAGE_PYTHON names one that is there.
set -euo pipefail

runfiles=$(cd "$0.runfiles/anneal" && pwd)
requirements="moto[s3,server]==5.2.5 boto3==1.44.8"
venv=${ANNEAL_CACHE:-$HOME/.cache/anneal}/python_storage
python=${ANNEAL_STORAGE_PYTHON:-$venv/bin/python}

if [ -z "${ANNEAL_STORAGE_PYTHON:-}" ] &&
  [ "$requirements" != "$(cat "$venv/requirements" 2>/dev/null)" ]; then
  python3 -m venv --clear --without-pip "$venv"
  # shellcheck disable=SC2086  # one word each
  python3 -m pip --python "$python" install --quiet \
    --disable-pip-version-check $requirements >&2
  printf '%s\n' "$requirements" >"$venv/requirements"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" "$runfiles/tests/python/storage_servers.py" \
  "$runfiles/tests/python/storage" "$folder"
