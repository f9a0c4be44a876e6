"""Seconds a step of mmengine's and torch's schedulers: scheduler_step_ours."""
import time
import warnings

import torch
from mmengine.optim import scheduler as mm
from torch.optim import lr_scheduler as pt

STEPS, ROUNDS = 5000, 3
END = STEPS * ROUNDS + 1
CASES = {
    'ConstantLR': ({}, {}),
    'CosineAnnealingLR': ({}, dict(T_max=END)),
    'ExponentialLR': (dict(gamma=0.999999), dict(gamma=0.999999)),
    'LinearLR': ({}, dict(total_iters=END)),
    'MultiStepLR': (dict(milestones=[80, 110]), dict(milestones=[80, 110])),
    'OneCycleLR': (dict(eta_max=0.1), dict(max_lr=0.1, total_steps=END)),
    'PolyLR': ({}, dict(total_iters=END)),
    'StepLR': (dict(step_size=30, gamma=0.999),
               dict(step_size=30, gamma=0.999)),
}
warnings.simplefilter('ignore')


def make_optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1,
                           momentum=0.9)


def measure(name, scheduler):
    best = float('inf')
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(STEPS):
            scheduler.step()
        best = min(best, (time.perf_counter() - begin) / STEPS)
    print(name, best)


for case, (ours, theirs) in CASES.items():
    measure(f'{case}_mmengine',
            getattr(mm, case)(make_optimizer(), by_epoch=False, end=END,
                              **ours))
    measure(f'{case}_torch',
            getattr(pt, case.replace('PolyLR', 'PolynomialLR'))(
                make_optimizer(), **theirs))
