"""Writes the HDF5 files that the tests of this package read, with h5py. Run it here, with any Python that has h5py:

    /opt/nnrt/keras/bin/python generate.py

They are packed (.gz), since many are mostly zeros. Value number i, from 0, of every dataset is i/2 − 3, row by row, so
that the tests know all of them; attribute "name" of an object is its own path.
"""

import gzip
import os
import sys

import h5py
import numpy as np

print(h5py.version.info, file=sys.stderr)


def values(shape, dtype="<f4"):
    n = int(np.prod(shape))
    return (np.arange(n) / 2 - 3).reshape(shape).astype(dtype)


def write(name, fill, **options):
    path = name + ".h5"
    with h5py.File(path, "w", **options) as f:
        fill(f)
    with open(path, "rb") as f:
        data = f.read()
    os.remove(path)
    with gzip.GzipFile(path + ".gz", "wb", mtime=0) as f:
        f.write(data)


def types(f):
    """Every type of number, shape, string and plain layout that is read."""
    for order, word in ("<", "little"), (">", "big"):
        for size in 2, 4, 8:
            f[f"numbers/{word}/float{8 * size}"] = values((3, 5), f"{order}f{size}")
    f["shapes/scalar"] = np.float32(-3)
    f["shapes/vector"] = values((7,))
    f["shapes/cube"] = values((2, 3, 4))
    f["shapes/empty"] = values((0, 4))
    space = h5py.h5s.create_simple((6,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    d = h5py.h5d.create(f["shapes"].id, b"compact", h5py.h5t.IEEE_F32LE, space, plist)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, values((6,)))
    a = f.create_group("strings").attrs
    a["variable"] = "naïve"
    a["bytes"] = b"a\n{}"
    a["fixed"] = np.bytes_("fixed")
    a["list"] = np.array([b"kernel", b"bias", b"x"])
    a["variables"] = np.array(["one", "", "three"], dtype=h5py.string_dtype())
    a["none"] = np.asarray([])
    a["long"] = "0123456789" * 7000
    a["number"] = 1.5


def wide(n):
    """A group with many links."""

    def fill(f):
        g = f.create_group("layers")
        for i in range(n):
            g.create_group(f"dense_{i}").attrs["name"] = f"/layers/dense_{i}"
        g["dense_7/kernel"] = values((2, 3))

    return fill


def attributes(f):
    """More attributes than an object header keeps in newer files."""
    for i in range(60):
        f.attrs[f"attribute{i}"] = f"value {i}"


def chunked(f):
    """Chunks of every kind, with every filter."""
    make = lambda name, shape, **o: f.create_dataset(name, data=values(shape), **o)
    make("plain", (10, 7), chunks=(4, 3))
    make("single", (5, 6), chunks=(5, 6))
    make("single_deflate", (5, 6), chunks=(5, 6), compression="gzip")
    make("deflate", (10, 7), chunks=(4, 3), compression="gzip")
    make("shuffle", (10, 7), chunks=(4, 3), compression="gzip", shuffle=True)
    make("all", (10, 7), chunks=(4, 3), compression="gzip", shuffle=True, fletcher32=True)
    make("fletcher32", (10, 7), chunks=(3, 7), fletcher32=True)
    make("vector", (100,), chunks=(9,), compression="gzip", compression_opts=9)
    make("cube", (3, 4, 5), chunks=(2, 2, 2), shuffle=True)
    make("many", (33, 33), chunks=(1, 1))
    make("many_deflate", (33, 33), chunks=(1, 1), compression="gzip")
    f.create_dataset("wide", data=values((10, 7), "<f8"), chunks=(4, 3), compression="gzip", shuffle=True)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 3))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((10, 7))
    d = h5py.h5d.create(f.id, b"early", h5py.h5t.IEEE_F32LE, space, plist)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, values((10, 7)))


def small(f):
    """A little of everything, for tests that change every byte."""
    f.attrs["model"] = "{}"
    f.attrs["names"] = np.array([b"kernel", b"bias"])
    f["vars/0"] = values((2, 3))
    f.create_dataset("chunks", data=values((3, 3)), chunks=(2, 2), shuffle=True, fletcher32=True)
    if f.libver[0] != "earliest":
        dense = f.create_group("dense")
        for i in range(9):
            dense.create_group(f"{i}")
        for i in range(9):
            dense.attrs[f"a{i}"] = "x"


def refused(f):
    """What is refused, each in a group of its own."""
    f["numbers/integer"] = np.arange(3)
    f["numbers/inexact"] = np.array([0.5, 0.1])
    f["numbers/complex"] = np.array([1j], "<c8")
    f.create_dataset("numbers/unwritten", (3,), "<f4")
    f.create_dataset("numbers/chunks_unwritten", (9,), "<f4", chunks=(3,))
    f.create_dataset("numbers/lzf", data=values((9,)), chunks=(3,), compression="lzf")
    f["soft/target"] = values((3,))
    f["soft/link"] = h5py.SoftLink("/soft/target")
    f["external/link"] = h5py.ExternalLink("other.h5", "/x")
    f.create_dataset("raw/elsewhere", data=values((3,)), external=[("/dev/null", 0, 12)])
    layout = h5py.VirtualLayout((3,), "<f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    f.create_virtual_dataset("virtual/dataset", layout)
    f.create_dataset("grows/one", data=values((9,)), chunks=(3,), maxshape=(None,))
    f.create_dataset("grows/two", data=values((9, 9)), chunks=(3, 3), maxshape=(None, None))
    group = f.create_group("cycle/group")
    group["back"] = f["cycle"]


for low, high in ("earliest", "latest"), ("v108", "v108"), ("v110", "v110"), ("v112", "v112"), ("latest", "latest"):
    write("types_" + low, types, libver=(low, high))
    if low in ("earliest", "latest"):
        for fill in small, chunked, attributes, refused:
            write(f"{fill.__name__}_{low}", fill, libver=(low, high))
        write("wide_" + low, wide(600), libver=(low, high))
write("deep_latest", wide(1500), libver="latest")
write("types_ordered", types, libver="latest", track_order=True)
