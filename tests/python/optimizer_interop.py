"""Passes the state of every torch optimizer between Anneal and Python, both
ways, and of those of lion-pytorch, dadaptation and bitsandbytes (in the
versions of optim/optimizers_golden.py) where they are installed.

  optimizer_interop.py BINARY

A Python run of three steps is saved; BINARY (optimizer_interop.cc) goes on for
two, and so does Python; then Python takes over BINARY's state and both make two
more. All gradients are those of sum((p + 0.5)^2) / 8.
"""
import importlib
import os
import subprocess
import sys
import tempfile

import torch

CASES = [
    ('ASGD', dict(lr=0.1, t0=2.0)),
    ('Adadelta', dict(lr=1.0)),
    ('Adafactor', dict(lr=0.05)),
    ('Adagrad', dict(lr=0.1)),
    ('Adam', dict(lr=0.02, amsgrad=True)),
    ('AdamW', dict(lr=0.02, weight_decay=0.1)),
    ('Adamax', dict(lr=0.02)),
    ('LBFGS', dict(lr=0.1, max_iter=2)),
    ('LBFGS', dict(lr=0.1, max_iter=2, line_search_fn='strong_wolfe')),
    ('Muon', dict(lr=0.02)),
    ('NAdam', dict(lr=0.02)),
    ('RAdam', dict(lr=0.02)),
    ('RMSprop', dict(lr=0.02, momentum=0.9, centered=True)),
    ('Rprop', dict(lr=0.02)),
    ('SGD', dict(lr=0.1)),
    ('SGD', dict(lr=0.1, momentum=0.9, nesterov=True)),
    ('SparseAdam', dict(lr=0.02)),
]


# The package of each class, and its name there.
PACKAGES = dict(
    Lion=('lion_pytorch', 'Lion'), DAdaptAdam=('dadaptation', 'DAdaptAdam'),
    DAdaptAdaGrad=('dadaptation', 'DAdaptAdaGrad'),
    DAdaptSGD=('dadaptation', 'DAdaptSGD'),
    **{name: ('bitsandbytes.optim', name.replace('bnb_', ''))
       for name in ['AdEMAMix', 'AdEMAMix8bit', 'Adagrad8bit', 'AdamW8bit',
                    'LAMB', 'LARS', 'Lion8bit', 'PagedAdam8bit', 'RMSprop8bit',
                    'SGD8bit', 'bnb_Adam']})
SMALL = dict(min_8bit_size=1)
PACKAGE_CASES = [
    ('Lion', dict(lr=0.02)),
    ('DAdaptAdam', dict(lr=1.0)),
    ('DAdaptAdaGrad', dict(lr=1.0)),
    ('DAdaptSGD', dict(lr=1.0)),
    ('AdEMAMix', dict(lr=0.02, t_alpha=5)),
    ('AdEMAMix8bit', dict(lr=0.02, **SMALL)),
    ('Adagrad8bit', dict(lr=0.1, **SMALL)),
    ('AdamW8bit', dict(lr=0.02)),
    ('AdamW8bit', dict(lr=0.02, **SMALL)),
    ('LAMB', dict(lr=0.02)),
    ('LARS', dict(lr=0.1, momentum=0.9)),
    ('Lion8bit', dict(lr=0.02, **SMALL)),
    ('PagedAdam8bit', dict(lr=0.02, **SMALL)),
    ('RMSprop8bit', dict(lr=0.02, **SMALL)),
    ('SGD8bit', dict(lr=0.1, momentum=0.9, **SMALL)),
    ('bnb_Adam', dict(lr=0.02)),
]


def cases():
    yield from CASES
    for name, config in PACKAGE_CASES:
        try:
            importlib.import_module(PACKAGES[name][0])
        except ImportError:
            print(f'skipped: {name}: no {PACKAGES[name][0]}', flush=True)
        else:
            yield name, config


def to_proto(name, value):
    if isinstance(value, bool):
        return f'{name}: {str(value).lower()}'
    return f'{name}: "{value}"' if isinstance(value, str) else (
        f'{name}: {value!r}')


def set_gradients(params, is_sparse):
    loss = torch.zeros(())
    for param in params:
        grad = (param.detach() + 0.5) / 4
        loss = loss + (grad * grad).sum() * 2
        param.grad = grad.to_sparse(1) if is_sparse else grad
    return loss


def build(name, config, values):
    params = [torch.nn.Parameter(value.clone()) for value in values]
    package, class_name = PACKAGES.get(name, ('torch.optim', name))
    cls = getattr(importlib.import_module(package), class_name)
    return params, cls(params, **config)


def train(name, params, optimizer, steps):
    for _ in range(steps):

        def closure():
            return set_gradients(params, name == 'SparseAdam')

        closure()
        if name == 'LBFGS':
            optimizer.step(closure)
        else:
            optimizer.step()


def check(what, ours, theirs, tolerance):
    for one, other in zip(ours, theirs):
        distance = (one.detach() - other.detach()).abs().max().item()
        if distance > tolerance * max(1e-3, other.abs().max().item()):
            sys.exit(f'FAILED: {what}: {distance} apart')
    print('ok: ' + what, flush=True)


def main(binary):
    torch.manual_seed(0)
    first = [torch.randn(3, 4), torch.randn(5, 3)]
    with tempfile.TemporaryDirectory() as folder:
        there, back = (os.path.join(folder, name)
                       for name in ('there.pth', 'back.pth'))
        for name, config in cases():
            params, optimizer = build(name, config, first)
            train(name, params, optimizer, 3)
            torch.save(dict(params=[p.detach() for p in params],
                            optimizer=optimizer.state_dict()), there)
            text = ' '.join(to_proto(k, v) for k, v in config.items())
            subprocess.run([binary, name, text, there, back], check=True)
            ours = torch.load(back, weights_only=True)
            train(name, params, optimizer, 2)
            label = f'{name} {text}'
            # A number between two codes goes either way, by rounding.
            tolerance = 1e-3 if 'min_8bit_size' in config else 1e-6
            check(f'{label}: Anneal goes on from Python', ours['params'],
                  params, tolerance)
            resumed, other = build(name, config, ours['params'])
            other.load_state_dict(ours['optimizer'])
            train(name, resumed, other, 2)
            train(name, params, optimizer, 2)
            check(f'{label}: Python goes on from Anneal', resumed, params,
                  tolerance)


main(sys.argv[1])
