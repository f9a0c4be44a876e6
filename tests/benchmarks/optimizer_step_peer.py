"""Seconds of a step of Python's optimizers with fused=True over
optimizer_step.cc's parameters, of the processor on one thread; Lion is
lion_pytorch's update, clip a GradScaler's and clip_grad_norm_ before AdamW."""
import time

import torch

LR = 1e-3


class Lion:

    def __init__(self, params):
        self.params = params
        self.means = [torch.zeros_like(param) for param in params]

    @torch.no_grad()
    def step(self):
        for param, mean in zip(self.params, self.means):
            param.data.mul_(1 - LR * 0.1)
            update = mean.clone().mul_(0.9).add(param.grad, alpha=0.1).sgn_()
            param.add_(update, alpha=-LR)
            mean.mul_(0.99).add_(param.grad, alpha=0.01)


class Clip:

    def __init__(self, params):
        self.params = params
        self.optimizer = torch.optim.AdamW(params, LR, fused=True)
        self.scaler = torch.amp.GradScaler('cpu', init_scale=2.0)
        self.scaler.scale(torch.zeros(()))  # makes its tensors

    def step(self):
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.params, 1.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()


def resnet50_shapes():
    shapes = []

    def conv(out, width, kernel):
        shapes.extend([(out, width, kernel, kernel), (out, ), (out, )])

    conv(64, 3, 7)
    inputs = 64
    for width, blocks in [(64, 3), (128, 4), (256, 6), (512, 3)]:
        for block in range(blocks):
            conv(width, inputs, 1)
            conv(width, width, 3)
            conv(4 * width, width, 1)
            if block == 0:
                conv(4 * width, inputs, 1)
            inputs = 4 * width
    return shapes + [(1000, inputs), (1000, )]


def measure(optimizer, rounds):
    best = float('inf')
    for _ in range(rounds):
        begin = time.thread_time()
        optimizer.step()
        best = min(best, time.thread_time() - begin)
    return best


def make(name, params):
    if name == 'SGD':
        return torch.optim.SGD(params, LR, momentum=0.9, weight_decay=0.1,
                               fused=True)
    if name == 'Lion':
        return Lion(params)
    if name == 'clip':
        return Clip(params)
    return getattr(torch.optim, name)(params, LR, fused=True)


torch.set_num_threads(1)
for size, shapes in [('small', [(100, )] * 2000), ('large',
                                                   resnet50_shapes())]:
    for name in ['SGD', 'Adam', 'AdamW', 'Lion', 'clip']:
        params = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
        for param in params:
            param.grad = torch.randn_like(param)
        rounds = 100 if size == 'small' else 25
        print(f'{name}_{size} {measure(make(name, params), rounds):.9f}')
