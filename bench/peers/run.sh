#!/usr/bin/env bash
# Installs the libraries that nnrt is measured beside, builds a worker for each, and measures. Options are those of
# main.go (--rounds, --threads, --only, --quick, --isa, …); README.md says more. Needs Debian's apt and Go; all that is
# not a Debian package goes into $NNRT_PEERS (by default ~/.cache/nnrt-peers).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${NNRT_PEERS:-$HOME/.cache/nnrt-peers}
bin=$cache/bin
out=$here
what=all isa=native before=
for option in "$@"; do # only a whole run replaces the results in the repository
  case $option in
    -only* | --only* | -peers* | --peers* | -quick* | --quick*) out=$cache/results ;;
    -what=* | --what=*) what=${option#*=} ;;
    -isa=* | --isa=*) isa=${option#*=} ;;
  esac
  case $before in
    -what | --what) what=$option ;;
    -isa | --isa) isa=$option ;;
  esac
  before=$option
done
# Some machines set these for old versions of OpenBLAS; they choose slower kernels than the machine's.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

say() { echo "peers: $*" >&2; }

mkdir -p "$bin"
exec 9>"$cache/lock" # two runs would disturb each other
flock -n 9 || { say "waiting for another run to end" && flock 9; }

# Debian's packages.
packages=(g++ libeigen3-dev libsleef-dev libxsmm-dev libxsimd-dev libfann-dev dataset-fashion-mnist python3-venv util-linux)
missing=()
for p in "${packages[@]}"; do
  [[ $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) == *' installed' ]] || missing+=("$p")
done
if ((${#missing[@]})); then
  say "installing ${missing[*]}"
  root=()
  ((EUID == 0)) || root=(sudo)
  "${root[@]}" apt-get update -qq || true
  for p in "${missing[@]}"; do
    "${root[@]}" apt-get install -y -qq --no-install-recommends "$p" >/dev/null || say "cannot install $p"
  done
fi

# Wheels, each set in an environment of its own: both of oneDNN's have the same file names.
wheels() { # environment package...
  local env=$cache/$1
  shift
  [[ -e $env/installed && $(<"$env/installed") == "$*" ]] && return
  say "installing $*"
  python3 -m venv "$env" && "$env/bin/pip" install -q --disable-pip-version-check "$@" && echo "$*" >"$env/installed" ||
    say "cannot install $*"
}
wheels openblas scipy-openblas32==0.3.34.481.3
wheels onednn onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0
wheels intel mkl==2026.2.0 mkl-include==2026.2.0 onednn==2026.1.0 onednn-devel==2026.1.0

# build compiles the worker $1 from the adapter $2, and its runner, unless that has been done before, and notes where it
# fails, for the results.
build() {
  local name=$1 adapter=$2 runner=runner
  shift 2
  [[ $adapter != *nets ]] || runner=netrunner
  local command="g++ -std=c++17 -O3 -DNDEBUG -march=native $runner.cpp $adapter.cpp $* -o $bin/$name" made
  made="$(g++ -dumpfullversion) $command $(cd "$here/native" && cat "$adapter.cpp" "$runner.cpp" ./*.h | sha256sum)"
  [[ ! -x $bin/$name || ! -e $bin/$name.made || $(<"$bin/$name.made") != "$made" ]] || return 0
  rm -f "$bin/$name" "$bin/$name.absent"
  if (cd "$here/native" && $command) 2>"$bin/$name.log"; then
    echo "$made" >"$bin/$name.made"
  else
    echo "its worker cannot be built" >"$bin/$name.absent" && say "$name: see $bin/$name.log"
  fi
}
say "building the workers in $bin"
openblas=$(echo "$cache"/openblas/lib/python3*/site-packages/scipy_openblas32)
intel=$cache/intel onednn=$cache/onednn
avx2=(-march=haswell)
for suffix in '' -avx2; do
  flags=()
  [[ -z $suffix ]] || flags=("${avx2[@]}")
  build machine$suffix machine "${flags[@]}" -lpthread
done
if [[ $what != nets ]]; then
  build openblas openblas -isystem "$openblas/include" -L"$openblas/lib" -lscipy_openblas -Wl,-rpath,"$openblas/lib" &
  build mkl mkl -isystem "$intel/include" -L"$intel/lib" -l:libmkl_rt.so.3 -Wl,-rpath,"$intel/lib"
  wait
  build onednn onednn -isystem "$onednn/include" -L"$onednn/lib" -ldnnl -Wl,-rpath,"$onednn/lib" &
  build onednn-sgemm onednn -DONLY_SGEMM -isystem "$onednn/include" -L"$onednn/lib" -ldnnl -Wl,-rpath,"$onednn/lib"
  wait
  build onednn-new onednn -DPLAIN_BY_SGEMM -isystem "$intel/include" -L"$intel/lib" -ldnnl \
    -Wl,-rpath,"$intel/lib",-rpath-link,"$intel/lib" &
  build libxsmm libxsmm -lxsmm -lxsmmnoblas -lpthread -ldl
  wait
  for suffix in '' -avx2; do
    flags=()
    [[ -z $suffix ]] || flags=("${avx2[@]}")
    build eigen$suffix eigen "${flags[@]}" -fopenmp -isystem /usr/include/eigen3 &
    build sleef$suffix sleef "${flags[@]}" -lsleef
    build libmvec$suffix libmvec "${flags[@]}" -lmvec -lm
    wait
  done
fi
if [[ $what != kernels ]]; then
  flags=(-fopenmp -isystem /usr/include/eigen3) suffix=
  [[ $isa == native ]] || { flags+=("${avx2[@]}") && suffix=-avx2; }
  build eigen-fixed-nets$suffix eigennets -DFIXED_SIZES "${flags[@]}" & # which takes a minute or two
  build eigen-nets$suffix eigennets "${flags[@]}"
  build xsimd-nets$suffix xsimdnets "${flags[@]}"
  build onednn-nets onednnnets -fno-math-errno -fopenmp -isystem "$onednn/include" -L"$onednn/lib" -ldnnl \
    -Wl,-rpath,"$onednn/lib"
  build fann-nets fannnets -lfloatfann -lm
  wait
  g++ -O2 "$here/native/start.cpp" -o "$bin/start"
  if [[ -e $here/python/install.sh ]]; then source "$here/python/install.sh"; fi
fi
(cd "$here" && go build -o "$bin/" ./goworker && go build -o "$bin/peers" . &&
  for name in nnrt gonum gomlx godeep; do go build -ldflags='-s -w' -o "$bin/once-$name" "./once/$name" || exit; done)

"$bin/peers" --bin "$bin" --lib "$intel/lib" --out "$out" --command "bash bench/peers/run.sh${*:+ $*}" "$@" 9>&-
say "the results are in $out"
