"""What the scripts that make the corpus share: random numbers, inputs, and how a model is put down.

A model is a folder of testdata with the file that a framework wrote, inputs (x.npy, little-endian float32, or x.csv),
and the framework's own outputs for them (y.npy; labels.txt where the framework gives labels). manifest.json says
of each what made it and what it shows, in one line.
"""

import json
import os
import shutil
import sys
import zlib

import numpy as np

TESTDATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "testdata")
ROWS = 20


def generator(name):
    """A generator that depends on the model's name alone, so that a model stays as it is when others come or go."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def inputs(rng, width, spread=1.5):
    """Rows around zero; one is all zeros, and two are far out, where activations saturate."""
    x = rng.normal(0, spread, (ROWS, width)).astype(np.float32)
    x[0] = 0
    x[1] = 4 * spread * np.sign(x[1])
    x[2] = -x[1] * np.float32(1.25)
    return x


class Manifest:
    """The models of one list. Entries of other lists stay in the file as they are."""

    def __init__(self, file, made_by, only):
        self.path = os.path.join(TESTDATA, file)
        self.made_by = made_by
        self.only = only
        self.entries = {}
        self.seen = set()

    def wants(self, name):
        """Says whether a model is asked for. Names on the command line ask for those alone."""
        if name in self.seen:
            sys.exit(f"two models are called {name}")
        self.seen.add(name)
        return not self.only or name in self.only

    def folder(self, name):
        """A new, empty folder for a model."""
        path = os.path.join(TESTDATA, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def add(self, name, **about):
        about = {k: v for k, v in about.items() if v not in (None, "", {})}
        self.entries[name] = {"name": name, "made_by": self.made_by, **about}
        print(name, flush=True)

    def write(self):
        """Writes the list, without what its script no longer makes."""
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as f:
                for e in json.load(f):
                    if e["made_by"] != self.made_by or e["name"] in self.seen:
                        self.entries.setdefault(e["name"], e)
                    else:
                        shutil.rmtree(os.path.join(TESTDATA, e["name"]), ignore_errors=True)
        lines = [json.dumps(self.entries[n], ensure_ascii=False) for n in sorted(self.entries)]
        with open(self.path, "w", encoding="utf-8") as f:
            f.write("[\n" + ",\n".join(lines) + "\n]\n")


def put(folder, x, y, labels=None):
    """Writes the inputs and outputs of a model."""
    y = np.asarray(y)
    if not np.isfinite(y).all():
        sys.exit(f"{folder}: an output is not finite")
    if x is not None:
        np.save(os.path.join(folder, "x.npy"), np.ascontiguousarray(x, "<f4"))
    np.save(os.path.join(folder, "y.npy"), np.ascontiguousarray(y.reshape(len(y), -1), "<f4"))
    if labels is not None:
        with open(os.path.join(folder, "labels.txt"), "w", encoding="utf-8") as f:
            f.writelines(f"{v}\n" for v in labels)
