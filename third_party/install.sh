#!/usr/bin/env bash
# Installs what Anneal's build needs: install.sh base|test|cuda. Called by bazelw.
set -euo pipefail

part=$1
script=${BASH_SOURCE[0]}
cache=${ANNEAL_CACHE:-$HOME/.cache/anneal}

say() { printf 'anneal: %s\n' "$*"; }
die() {
  printf 'anneal: %s\n' "$*" >&2
  exit 1
}

packages="bazel-bootstrap bazel-platforms bazel-rules-cc bazel-rules-java
bazel-rules-proto bazel-skylib g++ libabsl-dev libbenchmark-dev
libcurl4-openssl-dev libgloo-dev libgmock-dev libgoogle-glog-dev libgtest-dev
liblmdb-dev libmemcached-dev libprotobuf-dev libpugixml-dev libssl-dev
libyaml-dev nlohmann-json3-dev protobuf-compiler python3-pip zlib1g-dev"
# Servers and launchers that tests start themselves (130 MiB, most of it MPI's).
test_packages="memcached mpich openmpi-bin slurm-wlm"

# name==version sha256: wheels of CPython 3.11 or of none, for Linux x86-64.
base_wheels="torch==2.11.0 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a
nvidia-cuda-runtime==13.0.96 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti==13.0.85 4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
# LibTorch's CUDA libraries are in its wheel; these are what its metadata names.
cuda_wheels="nvidia-cublas==13.1.0.3 ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171
nvidia-cuda-nvrtc==13.0.88 ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575
nvidia-cudnn-cu13==9.19.0.56 d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf
nvidia-cufft==12.0.0.61 6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3
nvidia-cufile==1.15.1.6 08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44
nvidia-curand==10.4.0.35 1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc
nvidia-cusolver==12.0.4.66 0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112
nvidia-cusparse==12.6.3.3 2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b
nvidia-cusparselt-cu13==0.8.0 25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd
nvidia-nccl-cu13==2.28.9 e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42
nvidia-nvjitlink==13.0.88 13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b
nvidia-nvshmem-cu13==3.4.5 290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80
nvidia-nvtx==13.0.85 4936d1d6780fbe68db454f5e72a42ff64d1fd6397df9f363ae786930fd5c1cd4
nvidia-cuda-runtime==13.0.96 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"

check_machine() {
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
    die "this is $(uname -s) on $(uname -m); Anneal's build serves Linux on x86-64 only"
}

# install_packages PACKAGES: those that are missing.
install_packages() {
  local packages=$1 missing=() package
  command -v dpkg-query >/dev/null ||
    die "no dpkg here: the build takes its libraries from Debian 12; install these packages' equivalents and see docs/design/bazel.md: $(echo $packages)"
  for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "Debian packages are missing and this is not root; run: apt-get install ${missing[*]}"
    as_root=sudo
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  $as_root apt-get update -q ||
    die "apt-get update failed; look at the lines above, then run the command again"
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install the packages; look at the lines above"
}

check_bazel() {
  local version
  version=$(bazel --version 2>/dev/null | awk '{print $2}') || true
  case $version in
    # Debian's 4.2.3 says no_version.
    4.2* | no_version) ;;
    *) die "bazel in PATH is version '${version:-none}'; the build needs Debian's 4.2.3 (package bazel-bootstrap): put /usr/bin first in PATH" ;;
  esac
}

# download WHEELS FOLDER: fetches and checks the sha256 of each.
download() {
  local wheels=$1 folder=$2 name hash
  while read -r name hash; do
    printf '%s --hash=sha256:%s\n' "$name" "$hash"
  done <<<"$wheels" >"$folder/requirements.txt"
  say "downloading $(awk '{printf "%s ", $1}' <<<"$wheels")"
  local pip_args=(download --no-deps --require-hashes --only-binary=:all:
    --python-version 3.11 --implementation cp --abi cp311 --abi none
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64
    --platform manylinux_2_25_x86_64 --platform manylinux_2_18_x86_64
    --platform manylinux_2_17_x86_64 --platform manylinux_2_12_x86_64
    --platform manylinux_2_5_x86_64 --platform manylinux2014_x86_64
    --platform manylinux2010_x86_64 --platform manylinux1_x86_64 --dest "$folder"
    --disable-pip-version-check -r "$folder/requirements.txt")
  python3 -m pip "${pip_args[@]}" ||
    die "the download failed or a checksum differs; look at the lines above, then run the command again"
}

# unpack FOLDER TARGET: libraries and headers of the wheels in FOLDER.
unpack() {
  say "unpacking into $2"
  python3 - "$1" "$2" <<'PYTHON'
import pathlib, re, shutil, sys, zipfile

folder, target = map(pathlib.Path, sys.argv[1:])
# The wheel's protobuf headers are older than ours; Python's parts serve nobody.
unwanted = re.compile(r"include/(google|pybind11)/|lib/libtorch_python|\.py$")
wanted = [
    (re.compile(r"^torch/(lib/[^/]*\.so[^/]*|include/.*)$"), r"\1"),
    (re.compile(r"^nvidia/.*?/?(lib/[^/]*\.so[^/]*)$"), r"\1"),
    (re.compile(r"^nvidia/[^/]*/(include/.*)$"), r"cuda_\1"),
]
for wheel in sorted(folder.glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("/") or unwanted.search(name):
                continue
            for pattern, place in wanted:
                if pattern.match(name):
                    path = target / pattern.sub(place, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(name) as source, open(path, "wb") as out:
                        shutil.copyfileobj(source, out, 1 << 20)
    wheel.unlink()
PYTHON
}

# install_wheels WHEELS TARGET MIB: into TARGET, unless it is there; MIB is what
# that takes meanwhile.
install_wheels() {
  local wheels=$1 target=$2 needed=$3 space
  if recipe "$wheels" | cmp -s - "$target/recipe"; then return; fi
  # Left by an interrupted call.
  rm -rf "$cache/wheels.tmp" "$target.tmp"
  mkdir -p "$cache/wheels.tmp"
  space=$(df --output=avail -k "$cache" | tail -n 1)
  [ $((space / 1024)) -ge "$needed" ] ||
    die "$cache has $((space / 1024)) MiB free, unpacking needs $needed; make room or set ANNEAL_CACHE to another folder"
  download "$wheels" "$cache/wheels.tmp"
  unpack "$cache/wheels.tmp" "$target.tmp"
  recipe "$wheels" >"$target.tmp/recipe"
  rm -rf "$cache/wheels.tmp" "$target"
  mv "$target.tmp" "$target"
}

# recipe WHEELS: what decides the content of an unpacked folder, which keeps it
# to be compared.
recipe() {
  echo "$1"
  declare -f unpack
}

check_machine
mkdir -p "$cache"
case $part in
  base)
    install_packages "$packages"
    check_bazel
    install_wheels "$base_wheels" "$cache/libtorch" 3000
    ;;
  test) install_packages "$test_packages" ;;
  cuda) install_wheels "$cuda_wheels" "$cache/cuda" 6000 ;;
  *) die "unknown part $part; it is base, test or cuda" ;;
esac
cp "$script" "$cache/$part.installed"
say "ready"
