"""Writes the .npy files beside it, and the float32 that NumPy makes of their values: expected.txt has a line for each
file with its name, rows, columns and the bits of each value. Run with NumPy; its version is in numpy.txt."""
import os
import numpy as np

expected = []
here = os.path.dirname(os.path.abspath(__file__))


def save(name, array, version=None):
    with open(os.path.join(here, name + ".npy"), "wb") as f:
        np.lib.format.write_array(f, array, version=version, allow_pickle=True)
    if array.dtype.kind in "fiub" and array.size and array.ndim and name != "fortran_three":
        rows = array.reshape(len(array), -1)
        with np.errstate(over="ignore"):
            bits = rows.astype("<f4").view("<u4").ravel()
        expected.append(f"{name} {rows.shape[0]} {rows.shape[1]} " + " ".join(f"{b:08x}" for b in bits))


floats = np.array([[0.1, -2.5], [3e-8, 65504.0], [np.nan, 1.0]])
ints = np.array([[0, 1], [127, 5], [100, 7]])
for t in ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
    save(("be_" if t[0] == ">" else "") + t[1:], floats.astype(t))
for t in ["|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "|u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"]:
    a = ints.astype(t)
    if t[1] == "i":
        a[0, 0] = np.iinfo(a.dtype).min
    a[1, 0] = np.iinfo(a.dtype).max
    save(("be_" if t[0] == ">" else "") + t[1:], a)
save("b1", np.array([[True, False], [False, True], [True, True]]))
save("version2", floats.astype("<f4"), (2, 0))
save("version3", floats.astype("<f4"), (3, 0))
save("fortran", np.asfortranarray(floats.astype("<f4")))
save("one_dimension", np.array([3, 1, 2]))
save("three_dimensions", np.arange(12, dtype="<f4").reshape(2, 3, 2))
save("fortran_three", np.asfortranarray(np.arange(12, dtype="<f4").reshape(2, 3, 2)))
save("scalar", np.array(1.0))
save("objects", np.array([None, 1], dtype=object))
save("structured", np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f4")]))
save("text", np.array(["a", "b"]))
save("bytes", np.array([b"a", b"b"]))
save("complex", np.array([1j, 2.0]))
save("dates", np.array(["2020-01-01"], dtype="datetime64[D]"))
save("empty", np.zeros((0, 3)))
save("no_columns", np.zeros((3, 0)))
with open(os.path.join(here, "numpy.txt"), "w") as f:
    f.write(np.__version__ + "\n")
with open(os.path.join(here, "expected.txt"), "w") as f:
    f.write("\n".join(expected) + "\n")
