"""Writes mlp_golden.txt: losses of a small MLP trained by torch 2.11.0.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python optim/mlp_golden.py

All steps go through mmengine's OptimWrapper. The file begins with the first
weights and the data (`tensor NAME SIZES... : VALUES`). A case is

  case NAME
  optimizer CLASS CONFIG    as a text protobuf
  dtype float|double
  skips 0|1                 whether bias2 has no gradient at odd steps
  groups 1|2                2: biases apart, with half the rate and no decay
  autocast 0|1              whether the forward pass is under bfloat16 autocast
  wrapper CONFIG            OptimWrapper's, as a text protobuf
  losses ...                of steps 0-19, and after the last
  grad_norms ...            that were logged

and a state, of an optimizer after 7 steps, is

  saved NAME
  optimizer CLASS CONFIG
  tensor NAME SIZES... : VALUES          the weights then
  option KEY none|bool|int|float|list VALUES...
  params INDICES
  state INDEX KEY SIZES... : VALUES
  losses ...                of steps 7-19, and after the last
"""
import contextlib
import logging
import os

import torch
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapper

FOLDER = os.path.dirname(os.path.abspath(__file__))
STEPS = 20
NAMES = ['weight1', 'bias1', 'weight2', 'bias2']
logging.disable(logging.WARNING)

generator = torch.Generator().manual_seed(0)


def draw(*size):
    """Numbers with few digits, exact in every dtype but the half ones."""
    numbers = torch.randn(*size, generator=generator, dtype=torch.float64)
    return (numbers * 64).round() / 64


TENSORS = dict(
    weight1=draw(5, 4), bias1=draw(5), weight2=draw(3, 5), bias2=draw(3),
    inputs=draw(16, 4), targets=draw(16, 3))


def text(values):
    if isinstance(values, torch.Tensor):
        values = values.flatten().tolist()
    return ' '.join(repr(value) for value in values)


def tensor_text(tensor):
    return ' '.join(map(str, tensor.shape)) + ' : ' + text(tensor)


class MLP(torch.nn.Module):

    def __init__(self, dtype):
        super().__init__()
        for name in NAMES:
            # A copy: `to` alone gives the tensor itself where nothing changes.
            value = TENSORS[name].to(dtype, copy=True)
            setattr(self, name, torch.nn.Parameter(value))
        self.inputs = TENSORS['inputs'].to(dtype)
        self.targets = TENSORS['targets'].to(dtype)

    def loss(self, step, skips):
        rows = slice(step * 4 % 16, step * 4 % 16 + 4)
        bias2 = self.bias2.detach() if skips and step % 2 else self.bias2
        linear = torch.nn.functional.linear
        hidden = linear(self.inputs[rows], self.weight1, self.bias1).tanh()
        outputs = linear(hidden, self.weight2, bias2)
        return torch.nn.functional.mse_loss(outputs, self.targets[rows])


def to_proto(name, value):
    if isinstance(value, dict):
        inner = ' '.join(to_proto(k, v) for k, v in value.items())
        return f'{name} {{ {inner} }}'
    if isinstance(value, (list, tuple)):
        return ' '.join(to_proto(name, one) for one in value)
    if isinstance(value, bool):
        return f'{name}: {str(value).lower()}'
    if isinstance(value, str):
        return f'{name}: "{value}"'
    return f'{name}: {value!r}'


def protos(config):
    return ' '.join(to_proto(k, v) for k, v in config.items())


def make_optimizer(model, kind, config, groups):
    params = [getattr(model, name) for name in NAMES]
    if groups == 2:
        params = [
            dict(params=params[0::2]),
            dict(params=params[1::2], lr=config['lr'] / 2, weight_decay=0)
        ]
    return getattr(torch.optim, kind)(params, **config)


def run(golden, name, kind, config, dtype='float', skips=0, groups=1,
        autocast=0, **wrapper_config):
    model = MLP(getattr(torch, dtype))
    optimizer = make_optimizer(model, kind, config, groups)
    hub = MessageHub.get_instance(f'{name} {dtype}')
    wrapper = OptimWrapper(optimizer, **{
        k: dict(v) if isinstance(v, dict) else v
        for k, v in wrapper_config.items()})
    wrapper.message_hub = hub
    wrapper.initialize_count_status(model, 0, STEPS)
    losses = []
    for step in range(STEPS + 1):
        context = (torch.autocast('cpu', torch.bfloat16) if autocast
                   else contextlib.nullcontext())
        with context:
            loss = model.loss(step, skips)
        losses.append(loss.item())
        if step < STEPS:
            wrapper.update_params(loss)
    norms = hub.log_scalars.get('train/grad_norm')
    norms = norms.data[0].tolist() if norms else []
    golden.write(f'case {name}_{dtype}\noptimizer {kind} {protos(config)}\n'
                 f'dtype {dtype}\nskips {skips}\ngroups {groups}\n'
                 f'autocast {autocast}\nwrapper {protos(wrapper_config)}\n'
                 f'losses {text(losses)}\ngrad_norms {text(norms)}\n')


def save(golden, name, kind, config):
    model = MLP(torch.float)
    optimizer = make_optimizer(model, kind, config, groups=1)

    def step(index):
        optimizer.zero_grad()
        loss = model.loss(index, skips=0)
        loss.backward()
        optimizer.step()
        return loss.item()

    for index in range(7):
        step(index)
    golden.write(f'saved {name}\noptimizer {kind} {protos(config)}\n')
    for parameter in NAMES:
        value = getattr(model, parameter).detach()
        golden.write(f'tensor {parameter} {tensor_text(value)}\n')
    state = optimizer.state_dict()
    for key, value in state['param_groups'][0].items():
        if key == 'params':
            golden.write('params ' + ' '.join(map(str, value)) + '\n')
        elif value is None:
            golden.write(f'option {key} none\n')
        elif isinstance(value, tuple):
            golden.write(f'option {key} list {text(list(value))}\n')
        else:
            kind_name = type(value).__name__
            golden.write(f'option {key} {kind_name} {str(value).lower()}\n')
    for index, fields in state['state'].items():
        for key, value in fields.items():
            golden.write(f'state {index} {key} {tensor_text(value)}\n')
    losses = [step(index) for index in range(7, STEPS + 1)]
    golden.write(f'losses {text(losses)}\n')


def optimizer_cases(golden, dtype):

    def case(name, kind, config, **more):
        run(golden, name, kind, config, dtype, **more)

    for kind in ['SGD', 'Adam', 'AdamW']:
        rate = 0.1 if kind == 'SGD' else 0.02
        case(f'{kind}_plain', kind, dict(lr=rate))
        case(f'{kind}_decay', kind, dict(lr=rate, weight_decay=0.1))
        case(f'{kind}_maximize', kind,
             dict(lr=rate / 20, maximize=True, weight_decay=0.1))
    for name, more in dict(
            momentum=dict(momentum=0.9),
            momentum_decay=dict(momentum=0.9, weight_decay=0.1),
            dampening=dict(momentum=0.8, dampening=0.5),
            nesterov=dict(momentum=0.9, nesterov=True, weight_decay=0.05),
            all=dict(momentum=0.7, dampening=0.25, weight_decay=0.02,
                     maximize=True)).items():
        rate = 0.001 if 'maximize' in more else 0.05
        case(f'SGD_{name}', 'SGD', dict(lr=rate, **more))
    for kind in ['Adam', 'AdamW']:
        case(f'{kind}_betas', kind, dict(lr=0.02, betas=(0.7, 0.95), eps=1e-4))
        case(f'{kind}_amsgrad', kind,
             dict(lr=0.05, betas=(0.5, 0.6), amsgrad=True, weight_decay=0.1))
    for kind, more in [('SGD', dict(momentum=0.9)), ('Adam', {}),
                       ('AdamW', {})]:
        config = dict(lr=0.03, weight_decay=0.1, **more)
        case(f'{kind}_skips', kind, config, skips=1)
        case(f'{kind}_groups', kind, config, groups=2)


def wrapper_cases(golden):
    sgd = ('SGD', dict(lr=0.05, momentum=0.9))
    adam = ('Adam', dict(lr=0.02))
    adamw = ('AdamW', dict(lr=0.02, weight_decay=0.1))
    clips = dict(
        norm=dict(max_norm=0.5),
        norm1=dict(type='norm', max_norm=1.0, norm_type=1.0),
        norm_inf=dict(max_norm=0.2, norm_type=float('inf')),
        loose=dict(max_norm=100.0),
        value=dict(type='value', clip_value=0.1))
    for kind, config in [sgd, adam, adamw]:
        for counts in [2, 3, 7]:
            run(golden, f'{kind}_accumulate{counts}', kind, config,
                accumulative_counts=counts)
        for name, clip in clips.items():
            run(golden, f'{kind}_clip_{name}', kind, config, clip_grad=clip)
        run(golden, f'{kind}_accumulate3_clip', kind, config,
            accumulative_counts=3, clip_grad=clips['norm'])
        run(golden, f'{kind}_autocast', kind, config, autocast=1)
        run(golden, f'{kind}_autocast_accumulate3_clip', kind, config,
            autocast=1, accumulative_counts=3, clip_grad=clips['norm'])


with open(os.path.join(FOLDER, 'mlp_golden.txt'), 'w') as golden:
    for name, tensor in TENSORS.items():
        golden.write(f'tensor {name} {tensor_text(tensor)}\n')
    for dtype in ['float', 'double']:
        optimizer_cases(golden, dtype)
    wrapper_cases(golden)
    save(golden, 'SGD', 'SGD', dict(lr=0.05, momentum=0.9, nesterov=True))
    save(golden, 'SGD_without_momentum', 'SGD', dict(lr=0.1))
    save(golden, 'Adam', 'Adam',
         dict(lr=0.02, betas=(0.8, 0.95), amsgrad=True))
    save(golden, 'AdamW', 'AdamW', dict(lr=0.02, weight_decay=0.1))
