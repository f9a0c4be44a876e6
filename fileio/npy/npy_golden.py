"""Makes npy_golden.txt: what numpy.save and numpy.savez write.

  python3 fileio/npy/npy_golden.py > fileio/npy/npy_golden.txt

Made with numpy 2.4.6. A line a file: a name, "same" where WriteNpy must give
the same bytes and "read" where it need not, the elements as JSON (complex ones
as [real, imaginary]) and the file in hex, with tabs between.
"""
import io
import json

import numpy as np


def elements(array):
    if array.dtype.kind == 'c':
        array = np.stack([array.real, array.imag], -1)
    return json.dumps(array.tolist())


def show(name, kind, array, **kwargs):
    out = io.BytesIO()
    kwargs.get('save', np.save)(out, array)
    print(name, kind, elements(array), out.getvalue().hex(), sep='\t')


DTYPES = ('?', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4',
          'f8', 'c8', 'c16')
for dtype in DTYPES:
    array = np.array([[0, 1, 2], [3, 4, 5]]).astype(dtype)
    if array.dtype.kind == 'c':
        array = array * (1 + 2j)
        array = array.astype(dtype)
    name = np.dtype(dtype).name
    show(name, 'same', array)
    show(name + '_scalar', 'same', array[1, 1])
    show(name + '_fortran', 'read', np.asfortranarray(array))
    show(name + '_big', 'read', array.astype(array.dtype.newbyteorder('>')))
show('empty', 'same', np.zeros(0))
show('empty3', 'same', np.zeros((2, 0, 3), 'f4'))
show('vector', 'same', np.arange(5.))
show('cube', 'same', np.arange(24).reshape(2, 3, 4))
show('fortran_cube', 'read', np.asfortranarray(np.arange(24).reshape(2, 3, 4)))
show('transposed_big', 'read', np.arange(6, dtype='>i2').reshape(2, 3).T)
show('rank8', 'same', np.arange(2.).reshape(1, 1, 2, 1, 1, 1, 1, 1))
show('strided', 'same', np.arange(10)[::3])
for version in ((2, 0), (3, 0)):
    show(f'version{version[0]}', 'read', np.arange(3),
         save=lambda out, array: np.lib.format.write_array(out, array, version))
