#!/usr/bin/env bash
# Prints the path of a Python with torch, mmengine, safetensors, tensorboard and
# lmdb:
#   python=$(tests/python/venv.sh)
# The first call makes its virtual environment, in
# ${ANNEAL_CACHE:-~/.cache/anneal}/python (a download of 3 GB, most of it the
# CUDA libraries that Python's torch can't be imported without); later calls are
# silent, or add what is new in the list below. Only checks and figures against
# Python need it, never the build.
set -euo pipefail

requirements="absl-py==2.5.1 addict==2.4.0 contourpy==1.3.3 cycler==0.12.1
filelock==4.2.12 fonttools==4.68.0 fsspec==2026.9.0 grpcio==1.85.3
jinja2==3.1.6 kiwisolver==1.5.1 lmdb==3.0.0 markdown==3.11.3
markdown-it-py==4.3.0
markupsafe==3.0.4 matplotlib==3.11.2 mdurl==0.1.2 mmengine==0.9.1 mpmath==1.3.0
networkx==3.6.1 numpy==2.4.6 nvidia-cublas==13.1.0.3 nvidia-cuda-cupti==13.0.85
nvidia-cuda-nvrtc==13.0.88 nvidia-cuda-runtime==13.0.96
nvidia-cudnn-cu13==9.19.0.56 nvidia-cufft==12.0.0.61 nvidia-cufile==1.15.1.6
nvidia-curand==10.4.0.35 nvidia-cusolver==12.0.4.66 nvidia-cusparse==12.6.3.3
nvidia-cusparselt-cu13==0.8.0 nvidia-nccl-cu13==2.28.9 nvidia-nvjitlink==13.0.88
nvidia-nvshmem-cu13==3.4.5 nvidia-nvtx==13.0.85
opencv-python-headless==5.0.0.93 packaging==26.3 pillow==13.0.0
platformdirs==4.14.8 protobuf==7.36.2 pygments==2.21.0 pyparsing==3.3.3
python-dateutil==4.0.0 pyyaml==6.0.4 rich==15.0.0 safetensors==0.8.0
setuptools==65.5.0 sympy==1.14.0 tensorboard==2.21.0
tensorboard-data-server==0.7.2 termcolor==3.3.0 torch==2.11.0
typing_extensions==4.16.0 tzdata==2026.6 werkzeug==3.1.9 yapf==0.43.0"

cache=${ANNEAL_CACHE:-$HOME/.cache/anneal}
venv=$cache/python
python=$venv/bin/python

say() { printf 'anneal: %s\n' "$*" >&2; }

# What it was made from, kept to be compared.
is_there() {
  [ -x "$python" ] &&
    [ "$requirements" = "$(cat "$venv/requirements" 2>/dev/null)" ]
}

make_venv() {
  if [ -f "$venv/requirements" ]; then
    say "bringing the Python environment in $venv up to date"
  else
    say "making a Python environment in $venv (3 GB to download, once)"
    # Debian's python3 can't put a pip of its own there without python3-venv.
    python3 -m venv --clear --without-pip "$venv"
  fi
  # shellcheck disable=SC2086  # one word each
  if ! python3 -m pip --python "$python" install --quiet --no-deps \
    --disable-pip-version-check $requirements >&2; then
    say "pip failed; look at the lines above, then run the command again"
    exit 1
  fi
  printf '%s\n' "$requirements" >"$venv/requirements"
}

if ! is_there; then
  mkdir -p "$cache"
  # Of two calls at a time, the second waits and finds it made.
  exec 9>"$cache/python.lock"
  flock 9
  is_there || make_venv
fi
printf '%s\n' "$python"
