"""Writes default_optim_wrapper_constructor_golden.txt: the groups and log lines
of mmengine 0.9.1's DefaultOptimWrapperConstructor.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python optim/default_optim_wrapper_constructor_golden.py

  case NAME
  base LR WEIGHT_DECAY        WEIGHT_DECAY may be none
  model plain|shared
  config TEXTPROTO
  group NAME OPTION=VALUE...
  log LEVEL TEXT
"""
import logging
import os
import sys
import types

import torch
from mmengine.optim.optimizer import default_constructor
from torch import nn

FOLDER = os.path.dirname(os.path.abspath(__file__))


class DeformConv2d(nn.Module):
    """mmcv's, as far as the constructor looks at it."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 4, 3, 3))
        self.bias = nn.Parameter(torch.ones(4))
        self.conv_offset = nn.Conv2d(4, 18, 3)


class ModulatedDeformConv2d(DeformConv2d):
    pass


ops = types.ModuleType('mmcv.ops')
ops.DeformConv2d = DeformConv2d
ops.ModulatedDeformConv2d = ModulatedDeformConv2d
sys.modules['mmcv'] = types.ModuleType('mmcv')
sys.modules['mmcv.ops'] = ops
default_constructor.mmcv_full_available = lambda: True


def make_model(is_shared):
    backbone = nn.Module()
    backbone.conv = nn.Conv2d(3, 4, 3)
    backbone.bn = nn.BatchNorm2d(4)
    backbone.dw = nn.Conv2d(4, 4, 3, groups=4)
    backbone.dcn = DeformConv2d()
    backbone.norm = nn.GroupNorm(2, 4)
    head = nn.Module()
    head.scale = nn.Parameter(torch.ones(1))
    head.norm = nn.LayerNorm(4)
    head.fc = nn.Linear(4, 2)
    head.instance = nn.InstanceNorm1d(2, affine=True)
    model = nn.Module()
    model.token = nn.Parameter(torch.ones(1, 4))
    model.frozen = nn.Parameter(torch.ones(3), requires_grad=False)
    model.backbone = backbone
    model.head = head
    if is_shared:
        model.tied = head.fc
    return model


def proto(config):
    words = []
    for key, value in config.items():
        if key == 'custom_keys':
            for name, settings in value.items():
                fields = ' '.join(
                    f"fields {{ key: '{k}' value {{ number_value: {v} }} }}"
                    for k, v in settings.items())
                words.append(
                    f"custom_keys {{ key: '{name}' value {{ {fields} }} }}")
        else:
            words.append(f'{key}: {str(value).lower()}')
    return ' '.join(words)


CASES = {
    'bias': (0.01, 1e-4, dict(bias_lr_mult=2.0, bias_decay_mult=0.5)),
    'norm': (0.01, 1e-4, dict(norm_decay_mult=0.0)),
    'dwconv': (0.01, 1e-4, dict(dwconv_decay_mult=0.1)),
    'flat': (0.01, 1e-4, dict(flat_decay_mult=0.0)),
    'dcn': (0.01, 1e-4, dict(dcn_offset_lr_mult=0.1, bias_lr_mult=2.0,
                             bias_decay_mult=0.5, flat_decay_mult=0.3)),
    'all': (0.02, 0.05, dict(bias_lr_mult=2.0, bias_decay_mult=0.5,
                             norm_decay_mult=0.1, dwconv_decay_mult=0.2,
                             flat_decay_mult=0.3, dcn_offset_lr_mult=0.4)),
    'custom': (0.02, 0.05, dict(custom_keys={
        'backbone': dict(lr_mult=0.1, decay_mult=0.9),
        'backbone.dcn': dict(lr_mult=0.5),
        '.norm': dict(decay_mult=0.0),
        'token': dict(lr_mult=3.0, decay_mult=0.0, eps=1e-05)},
        norm_decay_mult=0.5)),
    'custom_as_long': (0.02, 0.05, dict(custom_keys={
        'head.fc': dict(lr_mult=0.1), 'ead.fc.': dict(lr_mult=0.2)})),
    'no_weight_decay': (0.02, None, dict(bias_lr_mult=2.0, flat_decay_mult=0.0,
                                         custom_keys={
                                             'head': dict(lr_mult=0.1)})),
    'shared': (0.02, 0.05, dict(bypass_duplicate=True, bias_lr_mult=2.0)),
}

with open(
        os.path.join(FOLDER, 'default_optim_wrapper_constructor_golden.txt'),
        'w') as golden:
    for name, (lr, decay, config) in CASES.items():
        is_shared = name == 'shared'
        model = make_model(is_shared)
        names = {}
        for full_name, param in model.named_parameters():
            names[param] = full_name
        lines = []
        default_constructor.print_log = (
            lambda text, logger=None, level=logging.INFO: lines.append(
                f'log {logging.getLevelName(level)} {text}'))
        optimizer = dict(type='SGD', lr=lr)
        if decay is not None:
            optimizer['weight_decay'] = decay
        groups = []
        default_constructor.DefaultOptimWrapperConstructor(
            dict(optimizer=optimizer), config).add_params(groups, model)
        golden.write(f'case {name}\nbase {lr} '
                     f'{"none" if decay is None else decay}\n'
                     f'model {"shared" if is_shared else "plain"}\n'
                     f'config {proto(config)}\n')
        for group in groups:
            options = ' '.join(f'{key}={value!r}'
                               for key, value in group.items()
                               if key != 'params')
            golden.write(f'group {names[group["params"][0]]} {options}'.rstrip()
                         + '\n')
        # mmengine's logger drops a warning that it has given.
        lines = [line for i, line in enumerate(lines)
                 if 'WARNING' not in line or line not in lines[:i]]
        golden.write('\n'.join(lines) + '\n')
