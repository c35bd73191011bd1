#!/usr/bin/env bash
# bash without_cuda.sh PYTHON: lets PyTorch's wheel of PyPI, which is built for CUDA, run in PYTHON's environment without the
# 5 GB of CUDA's libraries. Empty libraries stand in for them, none of whose functions is called; the functions of
# torch's own library are looked up when they are called, not when it is loaded (but not those of other libraries:
# TensorFlow does not bear it). Where the wheel is one without CUDA it does nothing. Needs gcc.
set -euo pipefail
packages=$("$1" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
lib=$packages/torch/lib
[ -e "$lib/libtorch_cuda.so" ] || exit 0
for library in libcusparse.so.12 libcufft.so.12 libcufile.so.0 libcusparseLt.so.0 libnccl.so.2 libcublas.so.13 \
  libcublasLt.so.13 libcudnn.so.9 libnvrtc.so.13 libcupti.so.13; do
  : | gcc -shared -x c - -Wl,-soname,"$library" -o "$lib/$library"
done
# The only variable of all these that the linker wants at once.
echo 'char nvshmem_selected_device_transport[64];' | gcc -shared -x c - -o "$lib/libnvshmem_host.so.3" \
  -Wl,-soname,libnvshmem_host.so.3 -Wl,--version-script=<(echo 'NVSHMEM { *; };')
cat >"$packages/torch_lazily.py" <<'PYTHON'
import os
import sys
from importlib.machinery import PathFinder


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path) if name == "torch._C" else None
        if spec is not None:
            create = spec.loader.create_module

            def create_module(spec):
                flags = sys.getdlopenflags()
                sys.setdlopenflags(os.RTLD_LAZY)
                try:
                    return create(spec)
                finally:
                    sys.setdlopenflags(flags)

            spec.loader.create_module = create_module
        return spec


sys.meta_path.insert(0, Finder)
PYTHON
echo 'import torch_lazily' >"$packages/torch_lazily.pth"
