# Sourced by run.sh: installs the libraries for Python into environments in $cache and writes a launcher $bin/NAME of
# each worker, or $bin/NAME.absent, which says why there is none. Some 5 GB.

# PyTorch's wheel on PyPI is built for CUDA, and what it requires for that are 5 GB more, which also make it start later.
# Where pip finds a wheel without CUDA (with PyTorch's own index in PIP_EXTRA_INDEX_URL), it takes that one; see
# without_cuda.sh for the other.
pytorch() {
  local env=$cache/torch version=2.15.0
  [[ -e $env/installed && $(<"$env/installed") == "$version" ]] && return
  say "installing torch $version"
  python3 -m venv "$env" && "$env/bin/pip" install -q --disable-pip-version-check --no-deps "torch==$version" &&
    "$env/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 filelock typing-extensions 'setuptools>=77.0.3' \
      sympy networkx jinja2 fsspec nvidia-cuda-runtime==13.2.86 2>"$cache/torch.log" || return
  bash "$here/python/without_cuda.sh" "$env/bin/python" || return
  echo "$version" >"$env/installed"
}

# launcher writes the launcher $1 of python/$3_peer.py, which runs in the environment $2, if that has the module $4.
launcher() {
  local name=$1 python=$cache/$2/bin/python
  rm -f "$bin/$name" "$bin/$name.absent"
  if "$python" -c "import $4" 2>"$bin/$name.log"; then
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$python" "$here/python/$3_peer.py" >"$bin/$name"
    chmod +x "$bin/$name"
  else
    say "$name: see $bin/$name.log"
    echo "cannot be installed" >"$bin/$name.absent"
  fi
}

pytorch || say "cannot install torch"
wheels onnxruntime onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
wheels tensorflow tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
wheels jax jax==0.10.2 keras==3.15.1 numpy==2.4.6
wheels litert ai-edge-litert==2.3.0 numpy==2.4.6
wheels openvino openvino==2026.4.1 numpy==2.4.6
wheels sklearn scikit-learn==1.9.1 numpy==2.4.6
launcher pytorch torch pytorch torch
launcher onnxruntime onnxruntime onnxruntime onnxruntime
launcher keras-tensorflow tensorflow keras keras
launcher keras-jax jax keras jax
launcher tensorflow tensorflow tensorflow tensorflow
launcher jax jax jax jax
launcher litert litert litert ai_edge_litert.interpreter
launcher openvino openvino openvino openvino
launcher sklearn sklearn sklearn sklearn
