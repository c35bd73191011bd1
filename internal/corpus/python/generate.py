"""Makes the corpus: runs the scripts of the frameworks one after another, each in a process of its own.

    python3 -m venv /somewhere/outside/the/tree
    /somewhere/…/bin/pip install -r requirements.txt
    /somewhere/…/bin/python generate.py [NAME…]

Names of models, or of scripts without their ending, ask for those alone. The seeds are fixed: the same versions on the
same kind of machine give the same models, but for dates in .keras files and for numbers and paths of scripts in names
and metadata of ONNX files. go test ./internal/corpus -write makes the tables of CORPUS.md anew.

PyTorch's wheel on PyPI is built for CUDA, whose libraries are not needed: bench/peers/python/install.sh shows how it is
installed without them.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ["torch_models", "keras_models", "keras2_models", "sklearn_models", "refused_torch", "refused_others"]


def main():
    scripts = [s for s in SCRIPTS if s in sys.argv[1:]] or SCRIPTS
    names = [n for n in sys.argv[1:] if n not in SCRIPTS]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    for script in scripts:
        subprocess.run([sys.executable, os.path.join(HERE, script + ".py"), *names], env=env, check=True)


if __name__ == "__main__":
    main()
