"""Writes schedulers_golden.txt: values of mmengine 0.9.1's schedulers.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python optim/schedulers/schedulers_golden.py

What mmengine has not is torch's (Cyclic), or its LambdaLR of a formula: the
inverse square root and WSD as the papers give them. Each case is of 6 epochs
of 4 iterations:

  case NAME
  optimizer CLASS            of two groups, lr 0.1 and 0.004; momentum 0.9 and
                             0.8, or betas that begin with them; weight_decay
                             0.05 and 0.02
  scheduler CLASS CONFIG     as a text protobuf, once a scheduler
  metrics LOSS...            of the validation behind each epoch
  FIELD GROUP VALUES         as each iteration uses them; 0.1*4: four times
"""
import math
import os
import random
import warnings

import torch
from mmengine.optim import scheduler as schedulers

FOLDER = os.path.dirname(os.path.abspath(__file__))
EPOCHS, LENGTH, NUM_RANDOM = 6, 4, 100
warnings.simplefilter('ignore')
random.seed(0)

KINDS = [
    'Constant', 'CosineAnnealing', 'CosineRestart', 'Exponential', 'Linear',
    'MultiStep', 'OneCycle', 'Poly', 'ReduceOnPlateau', 'Step'
]
CLASSES = [
    kind + variant for kind in KINDS
    for variant in ['LR', 'Momentum', 'ParamScheduler']
    if kind + variant != 'OneCycleMomentum'
]


def proto(key, value):
    if isinstance(value, list):
        return ' '.join(proto(key, one) for one in value)
    if isinstance(value, bool):
        return f'{key}: {str(value).lower()}'
    if isinstance(value, str):
        return f'{key}: "{value}"'
    return f'{key}: {value!r}'


def make_optimizer(kind):
    groups = [dict(params=[torch.nn.Parameter(torch.ones(2))], lr=lr,
                   weight_decay=decay)
              for lr, decay in [(0.1, 0.05), (0.004, 0.02)]]
    for group, momentum in zip(groups, [0.9, 0.8]):
        if kind == 'SGD':
            group['momentum'] = momentum
        else:
            group['betas'] = (momentum, 0.999)
    more = dict(momentum=0.5) if kind == 'SGD' else {}
    return getattr(torch.optim, kind)(groups, lr=1.0, **more)


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


def fields(group):
    yield 'lr', group['lr']
    yield 'momentum', (group['betas'][0] if 'betas' in group else
                       group['momentum'])
    yield 'weight_decay', group['weight_decay']


def packed(values):
    runs = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return ' '.join(repr(float(value)) + (f'*{count}' if count > 1 else '')
                    for value, count in runs)


def write(golden, name, optimizer_kind, configs, build=None):
    optimizer = make_optimizer(optimizer_kind)
    if build:
        built = build(optimizer)
    else:
        built = [make_scheduler(optimizer, *config) for config in configs]
    golden.write(f'case {name}\noptimizer {optimizer_kind}\n')
    for kind, config in configs:
        text = ' '.join(proto(*item) for item in config.items())
        golden.write(f'scheduler {kind} {text}'.rstrip() + '\n')
    loss = 1.0
    losses = []
    columns = {}
    for iteration in range(EPOCHS * LENGTH):
        for index, group in enumerate(optimizer.param_groups):
            for field, value in fields(group):
                columns.setdefault((field, index), []).append(value)
        optimizer.step()
        for scheduler in built:
            if not getattr(scheduler, 'by_epoch', False):
                scheduler.step()
        if (iteration + 1) % LENGTH:
            continue
        for scheduler in built:
            if getattr(scheduler, 'by_epoch', False):
                scheduler.step()
        loss = round(loss * random.choice([0.5, 1.0, 1.1]), 6)
        losses.append(loss)
        for scheduler in built:
            if getattr(scheduler, 'need_val_args', False):
                scheduler.step({'loss': loss})
    if any('Plateau' in kind for kind, _ in configs):
        golden.write('metrics ' + ' '.join(map(repr, losses)) + '\n')
    for (field, index), values in columns.items():
        golden.write(f'{field} {index} {packed(values)}\n')


def real(low, high, digits=3):
    return round(random.uniform(low, high), digits)


def draw_own(kind, config, length):
    """Draws the fields that are the kind's own."""
    if kind == 'Constant':
        config['factor'] = random.choice([1 / 3, 0.1, real(0.01, 1)])
    elif kind == 'Linear':
        config['start_factor'] = real(0.01, 1)
        config['end_factor'] = random.choice([1.0, 0.0, 0.5])
    elif kind == 'CosineAnnealing':
        if random.random() < 0.7:
            config['T_max'] = random.randint(1, length // 2)
        name = random.choice(['eta_min', 'eta_min_ratio', None])
        if name:
            config[name] = real(0, 0.01, 5)
    elif kind == 'CosineRestart':
        count = random.randint(1, 3)
        config['periods'] = [random.randint(1, length // 2)
                             for _ in range(count)]
        if count > 1 or random.random() < 0.5:
            config['restart_weights'] = [real(0, 1.2) for _ in range(count)]
        config[random.choice(['eta_min', 'eta_min_ratio'])] = real(0, 0.01, 5)
    elif kind == 'Exponential':
        config['gamma'] = real(0.5, 1.05)
    elif kind == 'MultiStep':
        config['milestones'] = sorted(
            random.randrange(length) for _ in range(random.randint(1, 4)))
        config['gamma'] = random.choice([0.1, 0.5, 0.9])
    elif kind == 'OneCycle':
        config['eta_max'] = random.choice([real(0.01, 1), [0.3, 0.02]])
        config['pct_start'] = real(0.15, 0.5)
        config['anneal_strategy'] = random.choice(['cos', 'linear'])
        config['three_phase'] = random.choice([True, False])
        if random.random() < 0.5:
            config['total_steps'] = length + random.randint(1, 5)
        if random.random() < 0.5:
            config['div_factor'] = real(2, 30)
            config['final_div_factor'] = real(2, 1000)
    elif kind == 'Poly':
        config['eta_min'] = real(0, 0.01, 5)
        config['power'] = random.choice([1.0, 0.9, 2.0, 0.5])
    elif kind == 'ReduceOnPlateau':
        config['factor'] = real(0, 0.9)
        config['patience'] = random.randint(0, 1)
        config['cooldown'] = random.randint(0, 1)
        config['rule'] = random.choice(['less', 'greater'])
        config['threshold'] = random.choice([1e-4, 0.05])
        config['threshold_rule'] = random.choice(['rel', 'abs'])
        config['min_value'] = random.choice([0.0, 0.001, [0.01, 0.002]])
    else:
        config['step_size'] = random.randint(1, max(1, length // 3))
        config['gamma'] = random.choice([0.1, 0.5, 0.9])


def draw(cls, optimizer):
    kind = cls
    for variant in ['LR', 'Momentum', 'ParamScheduler']:
        kind = kind[:-len(variant)] if kind.endswith(variant) else kind
    units = random.choice(['epochs', 'iterations', 'converted'])
    if kind == 'ReduceOnPlateau':
        units = 'epochs'
    length = EPOCHS * LENGTH if units == 'iterations' else EPOCHS
    config = {}
    if cls.endswith('ParamScheduler'):
        config['param_name'] = random.choice(
            ['lr', 'weight_decay'] + ['momentum'] * (optimizer == 'SGD'))
        if kind == 'OneCycle':
            config['param_name'] = 'lr'
    if units == 'iterations':
        config['by_epoch'] = False
    if units == 'converted':
        config['convert_to_iter_based'] = True
    begin = random.choice([0, 0, random.randrange(length - 2)])
    if begin:
        config['begin'] = begin
    if random.random() < 0.6:
        config['end'] = random.randint(begin + 1, length + 1)
    draw_own(kind, config, length)
    return cls, config


def write_random(golden):
    for number in range(NUM_RANDOM):
        optimizer = random.choice(['SGD', 'AdamW'])
        classes = [CLASSES[number % len(CLASSES)]]
        classes += random.sample(CLASSES, random.choice([0, 1, 1, 2]))
        random.shuffle(classes)
        write(golden, f'{number}_' + '_'.join(classes), optimizer,
              [draw(cls, optimizer) for cls in classes])


def write_usual(golden):
    """What configs have most: a warm-up by iterations, then by epochs."""
    warm_up = ('LinearLR', dict(start_factor=0.001, by_epoch=False, end=10))
    write(golden, 'WarmUpThenMultiStep', 'SGD',
          [warm_up, ('MultiStepLR', dict(milestones=[3, 5], gamma=0.1))])
    write(golden, 'WarmUpThenCosine', 'AdamW', [
        ('LinearLR', dict(start_factor=0.01, end=2,
                          convert_to_iter_based=True)),
        ('CosineAnnealingLR', dict(begin=2, T_max=4, eta_min_ratio=0.1,
                                   convert_to_iter_based=True)),
        ('CosineAnnealingMomentum', dict(begin=1, eta_min=0.5))])


def write_cyclic(golden):
    cyclic = torch.optim.lr_scheduler.CyclicLR
    for number, (optimizer, mode, up, down, gamma) in enumerate([
        ('SGD', 'triangular', 3, None, 1.0), ('AdamW', 'triangular2', 2, 5, 1.0),
        ('SGD', 'exp_range', 4, 2, 0.95), ('AdamW', 'exp_range', 1, 1, 0.9)]):
        shared = dict(by_epoch=False, step_size_up=up, mode=mode, gamma=gamma)
        if down:
            shared['step_size_down'] = down
        write(golden, f'Cyclic_{number}', optimizer, [
            ('CyclicLR', dict(base_lr=[0.01, 0.002], max_lr=0.3, **shared)),
            ('CyclicMomentum', dict(base_momentum=0.7,
                                    max_momentum=[0.95, 0.9], **shared))],
              lambda o: [cyclic(o, [0.01, 0.002], 0.3, up, down, mode, gamma,
                                base_momentum=0.7, max_momentum=[0.95, 0.9])])


def write_formulas(golden):
    def formula(factor):
        return lambda o: [torch.optim.lr_scheduler.LambdaLR(o, factor)]

    for warmup, timescale in [(0, 7), (5, None), (6, 3)]:
        def factor(t):
            if t < warmup:
                return t / warmup
            scale = timescale or warmup
            return 1 / math.sqrt((t + scale - warmup) / scale)
        config = dict(by_epoch=False, warmup_steps=warmup)
        if timescale:
            config['timescale'] = timescale
        write(golden, f'InverseSqrt_{warmup}', 'SGD',
              [('InverseSqrtLR', config)], formula(factor))

    falls = {
        'linear': lambda t: 1 - t,
        'cosine': lambda t: 0.5 * (1 + math.cos(math.pi * t)),
        '1-sqrt': lambda t: 1 - math.sqrt(t),
    }
    for number, (kind, warmup, decay, least) in enumerate([
        ('linear', 4, 8, 0.0), ('cosine', 0, 10, 0.1), ('1-sqrt', 6, 18, 0.05),
        ('linear', 5, 0, 0.0)]):
        def factor(t):
            if t < warmup:
                left = t / warmup
            elif t < EPOCHS * LENGTH - decay:
                left = 1
            else:
                left = falls[kind]((t - EPOCHS * LENGTH + decay) /
                                   max(decay, 1))
            return least + (1 - least) * left if t < EPOCHS * LENGTH else 0
        write(golden, f'WSD_{number}', 'AdamW', [
            ('WSDLR', dict(by_epoch=False, warmup_steps=warmup,
                           decay_steps=decay, decay_type=kind,
                           eta_min_ratio=least))], formula(factor))


with open(os.path.join(FOLDER, 'schedulers_golden.txt'), 'w') as golden_file:
    write_random(golden_file)
    write_usual(golden_file)
    write_cyclic(golden_file)
    write_formulas(golden_file)
