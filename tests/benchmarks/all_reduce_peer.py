"""Seconds of Python c10d's Gloo all-reduce, as all_reduce_ours.cc has it.

The one peer of both of ours: each number is printed for the two.
"""
import datetime
import os
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

SIZE = 2
BATCHES = 12
CASES = [('1KB', 1 << 10, 500), ('16KB', 16 << 10, 300),
         ('64KB', 64 << 10, 200), ('256KB', 256 << 10, 60),
         ('1MB', 1 << 20, 20), ('4MB', 4 << 20, 10), ('16MB', 16 << 20, 4),
         ('64MB', 64 << 20, 2)]


def measure(num_bytes, num_calls):
    tensor = torch.ones(num_bytes // 4)
    best = float('inf')
    for _ in range(BATCHES):
        tensor.zero_()
        dist.all_reduce(tensor)
        start = time.perf_counter()
        for _ in range(num_calls):
            dist.all_reduce(tensor)
        best = min(best, (time.perf_counter() - start) / num_calls)
    return best


def run_rank(rank, path):
    torch.set_num_threads(1)
    os.environ['GLOO_SOCKET_IFNAME'] = 'lo'
    dist.init_process_group('gloo', init_method=f'file://{path}', rank=rank,
                            world_size=SIZE,
                            timeout=datetime.timedelta(minutes=5))
    for name, num_bytes, num_calls in CASES:
        seconds = measure(num_bytes, num_calls)
        if rank == 0:
            print(f'gloo_{name} {seconds:.9f}\nshm_{name} {seconds:.9f}',
                  flush=True)
    dist.destroy_process_group()


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(run_rank, (os.path.join(folder, 'store'),), SIZE)
