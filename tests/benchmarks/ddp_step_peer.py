"""Seconds of a training step of ddp_step_ours.cc's models in Python: torch's
DistributedDataParallel, and mmengine's MMDistributedDataParallel with its
OptimWrapper; two processes of one thread each over Gloo. Cases of other
backends are compared with Gloo, which is what Python has on the CPU."""
import os
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F
from mmengine.model import BaseModel, MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, 'model/testdata')
import twins  # noqa: E402

WARM_UP = 5
STEPS = 30


class Losses(BaseModel):

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, inputs, labels, mode='tensor'):
        scores = self.module(inputs)
        return {'loss': F.cross_entropy(scores.flatten(0, -2),
                                        labels.flatten())}


def mlp():
    data = torch.randn(8, 1024), torch.randint(10, (8, ))
    return twins.mlp([1024, 2048, 2048, 2048, 10]), data


def gpt():
    data = torch.randint(65, (16, 64)), torch.randint(65, (16, 64))
    return twins.GPT(65, 64), data


def torch_step(module, data):
    model = DistributedDataParallel(module)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)

    def step():
        optimizer.zero_grad()
        scores = model(data[0])
        F.cross_entropy(scores.flatten(0, -2), data[1].flatten()).backward()
        optimizer.step()

    return step


def mmengine_step(module, data):
    model = MMDistributedDataParallel(Losses(module), broadcast_buffers=False)
    wrapper = OptimWrapper(torch.optim.AdamW(model.parameters(), 1e-3))
    batch = {'inputs': data[0], 'labels': data[1]}
    return lambda: model.train_step(batch, wrapper)


def seconds_of(step):
    seconds = []
    for i in range(WARM_UP + STEPS):
        begin = time.perf_counter()
        step()
        if i >= WARM_UP:
            seconds.append(time.perf_counter() - begin)
    return min(seconds)


def run(rank, store):
    torch.set_num_threads(1)
    dist.init_process_group('gloo', f'file://{store}', rank=rank, world_size=2)
    for name, make in [('mlp', mlp), ('gpt', gpt)]:
        for peer, step in [('torch', torch_step), ('mmengine', mmengine_step)]:
            seconds = seconds_of(step(*make()))
            if rank > 0:
                continue
            for suffix in ['', '_shm']:
                print(f'{name}_{peer}{suffix} {seconds:.9f}', flush=True)
    dist.destroy_process_group()


with tempfile.TemporaryDirectory() as folder:
    child = os.fork()
    run(0 if child else 1, folder + '/store')
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
