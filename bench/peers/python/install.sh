# Sourced by run.sh: installs the libraries for Python into environments in $cache and writes a launcher $bin/NAME of
# each worker, or $bin/NAME.absent, which says why there is none. Some 5 GB.

# PyTorch's wheel on PyPI is built for CUDA: with all that it requires 5 GB more, and starting takes seconds longer. It
# runs on a processor without: its libraries are linked lazily, and in CUDA's place are empty ones. Where pip finds a
# wheel built without CUDA (with PyTorch's index in PIP_EXTRA_INDEX_URL), that is installed, and nothing is in CUDA's place.
pytorch() {
  local env=$cache/torch version=2.15.0
  [[ -e $env/installed && $(<"$env/installed") == "$version" ]] && return
  say "installing torch $version"
  python3 -m venv "$env" && "$env/bin/pip" install -q --disable-pip-version-check --no-deps "torch==$version" &&
    "$env/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 filelock typing-extensions 'setuptools>=77.0.3' \
      sympy networkx jinja2 fsspec nvidia-cuda-runtime==13.2.86 2>"$cache/torch.log" || return
  local packages=("$env"/lib/python3*/site-packages) library
  local lib=${packages[0]}/torch/lib
  if [[ -e $lib/libtorch_cuda.so ]]; then
    for library in libcusparse.so.12 libcufft.so.12 libcufile.so.0 libcusparseLt.so.0 libnccl.so.2 libcublas.so.13 \
      libcublasLt.so.13 libcudnn.so.9 libnvrtc.so.13 libcupti.so.13; do
      : | gcc -shared -x c - -Wl,-soname,"$library" -o "$lib/$library"
    done
    # The only variable of all these that the linker wants at once.
    echo 'char nvshmem_selected_device_transport[64];' | gcc -shared -x c - -o "$lib/libnvshmem_host.so.3" \
      -Wl,-soname,libnvshmem_host.so.3 -Wl,--version-script=<(echo 'NVSHMEM { *; };')
    echo 'import os, sys; sys.setdlopenflags(os.RTLD_LAZY)' >"${packages[0]}/lazy.pth"
  fi
  echo "$version" >"$env/installed"
}

# launcher writes the launcher $1 of python/$1_peer.py in the environment $2, if it can import $3.
launcher() {
  local name=$1 python=$cache/$2/bin/python
  rm -f "$bin/$name" "$bin/$name.absent"
  if "$python" -c "import $3" 2>"$bin/$name.log"; then
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$python" "$here/python/${4:-$name}_peer.py" >"$bin/$name"
    chmod +x "$bin/$name"
  else
    say "$name: see $bin/$name.log"
    echo "cannot be installed" >"$bin/$name.absent"
  fi
}

pytorch || say "cannot install torch"
wheels onnxruntime onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
launcher pytorch torch torch
launcher onnxruntime onnxruntime onnxruntime
