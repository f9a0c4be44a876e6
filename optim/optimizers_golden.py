"""Writes optimizers_golden.txt: parameters after 30 steps in Python.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 lion-pytorch==0.2.5 dadaptation==3.2
  venv/bin/python optim/optimizers_golden.py

The parameters are weight [3, 4], kernel [2, 2, 1, 3] and bias [3]; "matrices"
has weight alone and a table [5, 3]. Element i of all, counted through them in
that order, begins at (i * 5 % 11 - 5) / 8, and has at step t the gradient

  (the parameter + ((i * 7 + t * 13) % 17 - 8) / 8) / 4

so that no sum depends on the order in which a machine adds. A case is

  case NAME
  optimizer CLASS CONFIG    as a text protobuf
  dtype float|double|bfloat16
  params all|matrices
  groups 1|2                2: bias (or table) apart, its options on the line
                            `second`, as a text protobuf of the config
  skips 0|1                 whether the last parameter has no gradient at odd
                            steps
  sparse 0|1                whether gradients are sparse: of all parameters'
                            rows, those whose index plus the step is even
  state NAMES               of the last parameter's state, as NAME:KIND, KIND
                            being int or the tensor's shape
  options NAMES             of the first group
  value NAME NUMBERS        of each parameter after the last step

bfloat16: the optimizer's state and sums are float32, the parameters are rounded
to bfloat16 after each step.
"""
import math
import os

import torch

import dadaptation
import lion_pytorch

FOLDER = os.path.dirname(os.path.abspath(__file__))
STEPS = 30
SHAPES = dict(all=dict(weight=[3, 4], kernel=[2, 2, 1, 3], bias=[3]),
              matrices=dict(weight=[3, 4], table=[5, 3]))
DTYPES = dict(float=torch.float32, double=torch.float64,
              bfloat16=torch.float32)


def text(tensor):
    digits = 17 if tensor.dtype == torch.float64 else 9
    return ' '.join(f'{value:.{digits}g}' for value in
                    tensor.flatten().tolist())


def to_proto(name, value):
    if isinstance(value, (list, tuple)):
        return ' '.join(to_proto(name, one) for one in value)
    if isinstance(value, bool):
        return f'{name}: {str(value).lower()}'
    if isinstance(value, str):
        return f'{name}: "{value}"'
    return f'{name}: {value!r}'


def protos(config):
    return ' '.join(to_proto(k, v) for k, v in config.items())


def start(shapes, dtype):
    params, index = {}, 0
    for name, shape in shapes.items():
        count = math.prod(shape)
        i = torch.arange(index, index + count, dtype=torch.float64)
        value = ((i * 5 % 11 - 5) / 8).to(dtype).reshape(shape)
        params[name] = torch.nn.Parameter(value)
        index += count
    return params


def gradient(param, index, step, dtype, sparse):
    i = torch.arange(index, index + param.numel(), dtype=torch.float64)
    noise = (((i * 7 + step * 13) % 17 - 8) / 8).to(param.dtype)
    grad = (param.detach() + noise.reshape(param.shape)) / 4
    if dtype == 'bfloat16':
        grad = grad.bfloat16().float()
    if not sparse:
        return grad
    rows = torch.arange(step % 2, param.shape[0], 2)
    return torch.sparse_coo_tensor(rows[None], grad[rows], param.shape)


def train(optimizer, params, dtype, skips, sparse, steps):
    for step in steps:
        index = 0
        for number, param in enumerate(params.values()):
            is_last = number == len(params) - 1
            if skips and is_last and step % 2 == 1:
                param.grad = None
            else:
                param.grad = gradient(param, index, step, dtype, sparse)
            index += param.numel()
        optimizer.step()
        if dtype == 'bfloat16':
            for param in params.values():
                param.data.copy_(param.data.bfloat16().float())


def kind(value):
    if isinstance(value, torch.Tensor):
        return 'x'.join(map(str, value.shape)) or 'scalar'
    return type(value).__name__


def run(golden, name, build, class_name, config, *, dtypes=('float', 'double'),
        params='all', second=None, skips=0, sparse=0):
    for dtype in dtypes:
        tensors = start(SHAPES[params], DTYPES[dtype])
        groups = list(tensors.values())
        if second is not None:
            groups = [dict(params=groups[:-1]),
                      dict(params=groups[-1:], **second)]
        optimizer = build(groups, **config)
        train(optimizer, tensors, dtype, skips, sparse, range(STEPS))
        state = optimizer.state_dict()
        fields = state['state'].get(len(tensors) - 1, {})
        golden.write(
            f'case {name}_{dtype}\noptimizer {class_name} {protos(config)}\n'
            f'dtype {dtype}\nparams {params}\n'
            f'groups {1 if second is None else 2}\n'
            f'second {protos(second or {})}\nskips {skips}\nsparse {sparse}\n'
            'state ' + ' '.join(f'{k}:{kind(v)}' for k, v in fields.items()) +
            '\noptions ' + ' '.join(state['param_groups'][0]) + '\n')
        for key, value in tensors.items():
            golden.write(f'value {key} {text(value)}\n')


def family(golden, class_name, build, config, options, *, second=None, **how):
    """A case of `config`, and one with each of `options` besides."""

    def case(name, more, **also):
        run(golden, f'{class_name}_{name}', build, class_name,
            {**config, **more}, **{**how, **also})

    case('plain', {})
    for name, more in options.items():
        case(name, more)
    case('groups', {}, second=second or dict(lr=config['lr'] / 2))
    case('skips', {}, skips=1)


DECAY = dict(weight_decay=0.1)
UP = dict(maximize=True)


def torch_cases(golden):
    optim = torch.optim
    decoupled = dict(weight_decay=0.1, decoupled_weight_decay=True)
    group = dict(lr=0.01, weight_decay=0.05)
    both = ('float', 'double', 'bfloat16')
    family(golden, 'SGD', optim.SGD, dict(lr=0.1),
           dict(decay=DECAY, momentum=dict(momentum=0.9),
                dampening=dict(momentum=0.9, dampening=0.5, **DECAY),
                nesterov=dict(momentum=0.9, nesterov=True, **DECAY),
                maximize=dict(lr=0.01, momentum=0.5, **UP)),
           second=group)
    for name in ['Adam', 'AdamW']:
        options = dict(decay=DECAY, betas=dict(betas=(0.8, 0.95), eps=1e-3),
                       amsgrad=dict(amsgrad=True, **DECAY),
                       maximize=dict(**UP, **DECAY))
        if name == 'Adam':
            options['decoupled'] = decoupled
        family(golden, name, getattr(optim, name), dict(lr=0.02), options,
               second=group, dtypes=both)
    family(golden, 'NAdam', optim.NAdam, dict(lr=0.02),
           dict(decay=DECAY, decoupled=decoupled, maximize=UP,
                momentum=dict(momentum_decay=0.1, betas=(0.8, 0.95))),
           second=dict(momentum_decay=0.2, **group))
    family(golden, 'RAdam', optim.RAdam, dict(lr=0.02),
           dict(decay=DECAY, decoupled=decoupled, maximize=UP,
                betas=dict(betas=(0.8, 0.95), eps=1e-3)), second=group)
    family(golden, 'Adamax', optim.Adamax, dict(lr=0.02),
           dict(decay=DECAY, maximize=UP,
                betas=dict(betas=(0.8, 0.95), eps=1e-3)), second=group)
    family(golden, 'Adagrad', optim.Adagrad, dict(lr=0.1),
           dict(decay=DECAY, maximize=UP, lr_decay=dict(lr_decay=0.1),
                initial=dict(initial_accumulator_value=0.5, eps=1e-3)),
           second=group)
    family(golden, 'Adadelta', optim.Adadelta, dict(lr=1.0),
           dict(decay=DECAY, maximize=UP, rho=dict(rho=0.7, eps=1e-3)),
           second=group)
    family(golden, 'ASGD', optim.ASGD, dict(lr=0.1),
           dict(decay=DECAY, maximize=UP,
                averages=dict(t0=5.0, lambd=0.01, alpha=0.5)), second=group)
    family(golden, 'RMSprop', optim.RMSprop, dict(lr=0.02),
           dict(decay=DECAY, maximize=UP, centered=dict(centered=True),
                momentum=dict(momentum=0.9, alpha=0.9, eps=1e-3),
                all=dict(momentum=0.5, centered=True, **DECAY)),
           second=dict(momentum=0.5, **group), dtypes=both)
    family(golden, 'Rprop', optim.Rprop, dict(lr=0.02),
           dict(maximize=UP, etas=dict(etas=(0.4, 1.5),
                                       step_sizes=(1e-3, 0.1))))
    sgd = dict(lr=0.1)
    for name, more in dict(plain={}, momentum=dict(momentum=0.9),
                           nesterov=dict(momentum=0.9, nesterov=True),
                           maximize=dict(maximize=True)).items():
        run(golden, f'SGD_sparse_{name}', optim.SGD, 'SGD', {**sgd, **more},
            params='matrices', sparse=1)
    for name, more in dict(plain={}, maximize=dict(maximize=True),
                           lr_decay=dict(lr_decay=0.1, eps=1e-3)).items():
        run(golden, f'Adagrad_sparse_{name}', optim.Adagrad, 'Adagrad',
            {**sgd, **more}, params='matrices', sparse=1)


def lion_cases(golden):
    family(golden, 'Lion', lion_pytorch.Lion, dict(lr=0.011),
           dict(decay=DECAY, betas=dict(betas=(0.8, 0.95)),
                decoupled=dict(weight_decay=0.001,
                               decoupled_weight_decay=True)),
           second=dict(lr=0.02, weight_decay=0.05),
           dtypes=('float', 'double', 'bfloat16'))


with open(os.path.join(FOLDER, 'optimizers_golden.txt'), 'w') as file:
    torch_cases(file)
    lion_cases(file)
