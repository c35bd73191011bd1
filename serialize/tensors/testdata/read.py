"""Reads the files of a folder with NumPy, safetensors and, if it is there, PyTorch, and compares them with what cases.json
in that folder says is in them, to the bit. TestLibrariesRead runs it."""
import json
import os
import sys

import numpy as np
import safetensors
import safetensors.numpy

try:
    import torch
    import safetensors.torch
except ImportError:
    torch = None

os.chdir(sys.argv[1])
with open("cases.json", encoding="utf-8") as f:
    cases = json.load(f)
worst = 0
for case in cases:
    name = case["file"]
    if name.endswith(".npz"):
        with np.load(name) as arrays:  # allow_pickle is False
            tensors = {k: arrays[k] for k in arrays.files}
        description = tensors.pop("nnrt.json")
    else:
        tensors = safetensors.numpy.load_file(name)
        with safetensors.safe_open(name, "np") as f:
            description = f.metadata()["nnrt"]
    assert json.loads(description)["format"] == 1, description
    assert len(tensors) == len(case["tensors"]), (name, tensors.keys())
    for want in case["tensors"]:
        got = tensors[want["name"]]
        assert got.dtype == np.float32 and list(got.shape) == want["shape"], (name, want["name"], got.dtype, got.shape)
        assert got.view(np.uint32).ravel().tolist() == want["bits"], (name, want["name"])
    if torch is None or not case["modules"]:
        continue
    model = torch.nn.Sequential(*(eval(m, {"nn": torch.nn}) for m in case["modules"])).eval()
    if name.endswith(".npz"):
        state = {k: torch.from_numpy(v) for k, v in tensors.items()}
    else:
        state = safetensors.torch.load_file(name)
    model.load_state_dict(state)  # strictly: nothing may be missing or left over
    with torch.no_grad():
        got = model(torch.tensor(case["inputs"])).numpy()
    want = np.array(case["outputs"], np.float32).reshape(got.shape)
    worst = max(worst, float(np.abs(got - want).max() / np.abs(want).max() * 2**23))
    assert worst < 4, (name, got, want)
print(f"{len(cases)} files, NumPy {np.__version__}, safetensors {safetensors.__version__},",
      f"PyTorch {torch.__version__}: {worst:.1f} ULP" if torch else "no PyTorch")
