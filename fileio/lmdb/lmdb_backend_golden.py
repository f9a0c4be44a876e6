"""Makes testdata/python.lmdb/data.mdb, a database by Python's lmdb.

  python3 fileio/lmdb/lmdb_backend_golden.py      (from the repository's root)

Made with lmdb 3.0.0 on Linux x86-64. It holds "a" -> "1", "empty" -> "",
"dir/x.bin" -> all bytes from 0 to 255, "large" -> 5000 times "L" (in pages of
its own), and "key000" to "key099" -> the number in decimal.
"""
import os
import pathlib

import lmdb

folder = pathlib.Path('fileio/lmdb/testdata/python.lmdb')
folder.mkdir(parents=True, exist_ok=True)
for file in folder.iterdir():
    file.unlink()
with lmdb.open(str(folder), map_size=1 << 20) as env:
    with env.begin(write=True) as txn:
        txn.put(b'a', b'1')
        txn.put(b'empty', b'')
        txn.put(b'dir/x.bin', bytes(range(256)))
        txn.put(b'large', b'L' * 5000)
        for i in range(100):
            txn.put(b'key%03d' % i, b'%d' % i)
os.unlink(folder / 'lock.mdb')
