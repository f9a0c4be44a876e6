"""Writes schedulers_golden.txt: values of mmengine 0.9.1's schedulers.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python optim/schedulers_golden.py

Each case is of 6 epochs of 4 iterations:

  case NAME
  optimizer CLASS            of two groups, lr 0.1 and 0.004; momentum 0.9 and
                             0.8, or betas that begin with them
  scheduler CLASS CONFIG     as a text protobuf, once a scheduler
  values ITERATION LR LR MOMENTUM MOMENTUM       as the iteration uses them
"""
import os
import random
import warnings

import torch
from mmengine.optim import scheduler as schedulers

FOLDER = os.path.dirname(os.path.abspath(__file__))
EPOCHS, LENGTH = 6, 4
warnings.simplefilter('ignore')
random.seed(0)


def proto(key, value):
    if isinstance(value, list):
        return ' '.join(proto(key, one) for one in value)
    if isinstance(value, bool):
        return f'{key}: {str(value).lower()}'
    return f'{key}: {value!r}'


def make_optimizer(kind):
    groups = [dict(params=[torch.nn.Parameter(torch.ones(2))], lr=lr)
              for lr in [0.1, 0.004]]
    for group, momentum in zip(groups, [0.9, 0.8]):
        if kind == 'SGD':
            group['momentum'] = momentum
        else:
            group['betas'] = (momentum, 0.999)
    return getattr(torch.optim, kind)(groups, lr=1.0)


def make_scheduler(optimizer, kind, config):
    """What mmengine's runner makes of a config."""
    config = dict(config)
    by_epoch = config.get('by_epoch', True)
    config.setdefault('end', EPOCHS if by_epoch else EPOCHS * LENGTH)
    cls = getattr(schedulers, kind)
    if config.pop('convert_to_iter_based', False):
        return cls.build_iter_from_epoch(
            optimizer=optimizer, epoch_length=LENGTH, **config)
    return cls(optimizer=optimizer, **config)


def momentum_of(group):
    return group['betas'][0] if 'betas' in group else group['momentum']


def write(golden, name, optimizer_kind, configs):
    optimizer = make_optimizer(optimizer_kind)
    built = [make_scheduler(optimizer, *config) for config in configs]
    golden.write(f'case {name}\noptimizer {optimizer_kind}\n')
    for kind, config in configs:
        text = ' '.join(proto(*item) for item in config.items())
        golden.write(f'scheduler {kind} {text}'.rstrip() + '\n')
    for iteration in range(EPOCHS * LENGTH):
        groups = optimizer.param_groups
        values = ([group['lr'] for group in groups] +
                  [momentum_of(group) for group in groups])
        golden.write(f'values {iteration} ' + ' '.join(map(repr, values)) +
                     '\n')
        optimizer.step()
        for scheduler in built:
            if not scheduler.by_epoch:
                scheduler.step()
        if (iteration + 1) % LENGTH == 0:
            for scheduler in built:
                if scheduler.by_epoch:
                    scheduler.step()


def draw(kind, option, units):
    by_epoch = units != 'iterations'
    length = EPOCHS if by_epoch else EPOCHS * LENGTH
    config = {}
    if not by_epoch:
        config['by_epoch'] = False
    if units == 'converted':
        config['convert_to_iter_based'] = True
    begin = random.choice([0, 0, random.randrange(length - 2)])
    if begin:
        config['begin'] = begin
    if random.random() < 0.6:
        config['end'] = random.randint(begin + 1, length + 1)
    if kind == 'Constant':
        config['factor'] = random.choice([1 / 3, 0.1, round(random.random(), 3)])
    elif kind == 'Linear':
        config['start_factor'] = round(random.uniform(0.01, 1), 3)
        config['end_factor'] = random.choice([1.0, 0.0, 0.5])
    elif kind == 'CosineAnnealing':
        if random.random() < 0.7:
            config['T_max'] = random.randint(1, length // 2)
        name = random.choice(['eta_min', 'eta_min_ratio', None])
        if name:
            config[name] = round(random.uniform(0, 0.01), 5)
    else:
        config['milestones'] = sorted(
            random.randrange(length) for _ in range(random.randint(1, 4)))
        config['gamma'] = random.choice([0.1, 0.5, 0.9])
    return kind + ('LR' if option == 'lr' else 'Momentum'), config


KINDS = ['Constant', 'Linear', 'CosineAnnealing', 'MultiStep']
UNITS = ['epochs', 'iterations', 'converted']

with open(os.path.join(FOLDER, 'schedulers_golden.txt'), 'w') as golden:
    for kind in KINDS:
        for option in ['lr', 'momentum']:
            for units in UNITS:
                optimizer = random.choice(['SGD', 'AdamW'])
                scheduler = draw(kind, option, units)
                write(golden, f'{scheduler[0]}_{units}', optimizer, [scheduler])
    pair = 0
    for first in KINDS:
        for second in KINDS:
            option = random.choice(['lr', 'momentum'])
            configs = [draw(kind, option, random.choice(UNITS))
                       for kind in [first, second]]
            write(golden, f'{configs[0][0]}_then_{configs[1][0]}',
                  random.choice(['SGD', 'AdamW']), configs)
    # What configs have most: a warm-up by iterations, then by epochs; and both
    # options at once.
    warm_up = ('LinearLR', dict(start_factor=0.001, by_epoch=False, end=10))
    write(golden, 'WarmUpThenMultiStep', 'SGD',
          [warm_up, ('MultiStepLR', dict(milestones=[3, 5], gamma=0.1))])
    write(golden, 'WarmUpThenCosine', 'AdamW', [
        ('LinearLR', dict(start_factor=0.01, end=2,
                          convert_to_iter_based=True)),
        ('CosineAnnealingLR', dict(begin=2, T_max=4, eta_min_ratio=0.1,
                                   convert_to_iter_based=True)),
        ('CosineAnnealingMomentum', dict(begin=1, eta_min=0.5))])
