"""Makes the seeds of the fuzz targets that no golden file serves.

  python3 fileio/fuzz/make_seeds.py      (from the repository's root)

Needs numpy; made with Python 3.11, numpy 2.4. Inputs that fuzzing found lie
beside the seeds and stay.
"""
import io
import pickle
import pathlib
import zipfile

import numpy

ROOT = pathlib.Path('fileio')


def put(path, content):
    path = ROOT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def npy(array):
    out = io.BytesIO()
    numpy.save(out, array)
    return out.getvalue()


put('json/fuzz/all.json', b'{"a": [1, -2.5e3, NaN, true, null], "b\\u00e9": "x\\n"}')
for protocol in (2, 4):
    put(f'pickle/fuzz/plain{protocol}.pkl', pickle.dumps(
        {'a': [1, 2**40, 1.5, None, True], 'b': ('x', b'y'), 3: {4}},
        protocol=protocol))
    put(f'pickle/fuzz/numpy{protocol}.pkl', pickle.dumps(
        [numpy.arange(6.).reshape(2, 3), numpy.float32(2)], protocol=protocol))
put('npy/fuzz/npy/f8.npy', npy(numpy.arange(6.).reshape(2, 3)))
put('npy/fuzz/npy/fortran.npy', npy(numpy.asfortranarray(numpy.ones((2, 3), 'f2'))))
put('npy/fuzz/npy/big.npy', npy(numpy.arange(3, dtype='>i4')))
put('npy/fuzz/npy/bool.npy', npy(numpy.array(True)))
put('npy/fuzz/npy/complex.npy', npy(numpy.zeros(2, 'c8')))
for name, compress in [('stored', False), ('deflated', True)]:
    out = io.BytesIO()
    (numpy.savez_compressed if compress else numpy.savez)(
        out, a=numpy.arange(3), b=numpy.ones((2, 2), 'f4'))
    put(f'npy/fuzz/npz/{name}.npz', out.getvalue())
    put(f'npy/fuzz/npy/{name}.npz', out.getvalue())
out = io.BytesIO()
with zipfile.ZipFile(out, 'w') as archive:
    archive.writestr(zipfile.ZipInfo('a/b'), b'content')
    archive.writestr(zipfile.ZipInfo('empty'), b'')
put('pth/fuzz/zip/two.zip', out.getvalue())
put('yaml/fuzz/all.yaml', b"""a: [1, -2.5e+3, .nan, true, ~]
b: {c: 'x', d: "y\\n"}
e:
- &x |
  text
- *x
- 2001-12-14
<<: {f: 0x1F}
""")
