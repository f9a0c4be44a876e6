"""Writes comm_hooks_golden.txt: gradients that torch's DDP gets with each hook.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 numpy
  venv/bin/python strategy/comm_hooks_golden.py

Lines: `HOOK DTYPE RANKS: GRADIENT ...`, on all ranks alike, of the parameter w
in the loss sum(w * factors), where
factors[i] = ((7 * i + 13 * rank) % 29 - 14) / 9 + 1e-3 * i in float64, cast.
Sums of three ranks and more depend on the order in which Gloo adds them.
"""
import os
import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.distributed.algorithms.ddp_comm_hooks import default_hooks

FOLDER = os.path.dirname(os.path.abspath(__file__))
HOOKS = ['allreduce_hook', 'fp16_compress_hook', 'bf16_compress_hook']
DTYPES = {'float32': torch.float32, 'float64': torch.float64,
          'bfloat16': torch.bfloat16}
SIZE = 24


class Weighted(torch.nn.Module):

    def __init__(self, dtype):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(SIZE, dtype=dtype))

    def forward(self, factors):
        return (self.w * factors).sum()


def factors(rank, dtype):
    i = torch.arange(SIZE, dtype=torch.int64)
    values = ((7 * i + 13 * rank) % 29 - 14).double() / 9 + 1e-3 * i.double()
    return values.to(dtype)


def run(rank, world_size, path, out):
    dist.init_process_group('gloo', init_method=f'file://{path}', rank=rank,
                            world_size=world_size)
    lines = []
    for hook in HOOKS:
        for name, dtype in DTYPES.items():
            model = torch.nn.parallel.DistributedDataParallel(Weighted(dtype))
            model.register_comm_hook(None, getattr(default_hooks, hook))
            model(factors(rank, dtype)).backward()
            grad = model.module.w.grad.double().tolist()
            lines.append(f'{hook} {name} {world_size}: '
                         + ' '.join(repr(value) for value in grad))
    if rank == 0:
        with open(out, 'w') as file:
            file.write('\n'.join(lines) + '\n')
    dist.barrier()
    dist.destroy_process_group()


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(run, nprocs=2, args=(
            2, os.path.join(folder, 'store'),
            os.path.join(FOLDER, 'comm_hooks_golden.txt')))
