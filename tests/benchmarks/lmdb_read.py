"""lmdb_read.py OURS: gets of LmdbBackend against Python's lmdb.

Makes a database of 100,000 values, of 100 bytes or of 10,000, and gets each
once out of order, in a transaction of its own as mmengine's LmdbBackend does.
"""
import subprocess
import sys
import tempfile
import time

import lmdb

COUNT = 100000
ROUNDS = 5


def peer(path):
    keys = [b'%08d' % (i * 7919 % COUNT) for i in range(COUNT)]
    total = 0
    with lmdb.open(path, readonly=True, lock=False, readahead=False) as env:
        start = time.perf_counter()
        for key in keys:
            with env.begin(write=False) as txn:
                total += len(txn.get(key))
        return (time.perf_counter() - start) / COUNT * 1e9, total


def ours(program, path):
    out = subprocess.run([program, path, str(COUNT)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    nanoseconds, total = out.split()
    return float(nanoseconds), int(total)


for size in (100, 10000):
    with tempfile.TemporaryDirectory() as path:
        with lmdb.open(path, map_size=1 << 32, sync=False) as env:
            with env.begin(write=True) as txn:
                for i in range(COUNT):
                    txn.put(b'%08d' % i, bytes(size))
        best = [float('inf')] * 2
        for _ in range(ROUNDS):
            results = ours(sys.argv[1], path), peer(path)
            assert results[0][1] == results[1][1] == COUNT * size
            best = [min(old, new[0]) for old, new in zip(best, results)]
        print(f'figure: lmdb_read/{size}B ours={best[0]:.0f}ns '
              f'peer={best[1]:.0f}ns ratio={best[0] / best[1]:.2f}')
