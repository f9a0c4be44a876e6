"""Writes constructors_golden.txt: the parameter groups and log lines that
mmengine 0.9.1 and mmpretrain 1.2.0 (torch 2.11.0) make of one model.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/pip install --no-deps mmpretrain==1.2.0
  venv/bin/python optim/constructors/constructors_golden.py

A case is its optim_wrapper as JSON, then a line for each group (names of its
parameters, options as JSON) and for each line of the log (as a JSON string).
"""
import importlib.util
import json
import logging
import os
import sys
import types

import torch
from mmengine import optim
from mmengine.optim.optimizer import default_constructor
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
LOG = []


class DeformConv2d(nn.Module):
    """In mmcv's place, which mmengine asks for the class."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 4, 3, 3))
        self.bias = nn.Parameter(torch.ones(4))
        self.conv_offset = nn.Conv2d(4, 18, 3)
        self.norm = nn.LayerNorm(4)


class Net(nn.Module):

    def __init__(self, tied):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(2))
        self.backbone = nn.Module()
        self.backbone.conv = nn.Conv2d(3, 4, 3)
        self.backbone.bn = nn.BatchNorm2d(4)
        self.backbone.dw = nn.Conv2d(4, 4, 3, groups=4)
        self.backbone.gn = nn.GroupNorm(2, 4)
        self.backbone.inorm = nn.InstanceNorm2d(4, affine=True)
        self.backbone.ln = nn.LayerNorm(4)
        self.dcn = DeformConv2d()
        self.head = nn.Module()
        self.head.fc = nn.Linear(4, 2)
        self.head.frozen = nn.Linear(2, 2).requires_grad_(False)
        if tied:
            self.head.again = self.head.fc
            self.head2 = nn.Module()
            self.head2.fc = self.head.fc
            self.head2.alpha = self.alpha
            self.head2.beta = nn.Parameter(torch.ones(3))

    def get_layer_depth(self, name):
        tops = ['alpha', 'backbone', 'dcn']
        top = name.split('.')[0]
        return (tops.index(top) if top in tops else 3), 5


def load_layer_decay():
    """mmpretrain's constructor without mmpretrain's own imports, which need
    mmcv."""
    registry = types.ModuleType('mmpretrain.registry')
    registry.OPTIM_WRAPPER_CONSTRUCTORS = OPTIM_WRAPPER_CONSTRUCTORS
    root = importlib.util.find_spec('mmpretrain').submodule_search_locations[0]
    sys.modules['mmpretrain'] = types.ModuleType('mmpretrain')
    sys.modules['mmpretrain.registry'] = registry
    spec = importlib.util.spec_from_file_location(
        'layer_decay', root +
        '/engine/optimizers/layer_decay_optim_wrapper_constructor.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Logger:

        @staticmethod
        def get_current_instance():
            return Logger

        @staticmethod
        def debug(text):
            LOG.append('DEBUG - ' + text)

    module.MMLogger = Logger


def record(text, logger=None, level=logging.INFO):
    line = f'{logging.getLevelName(level)} - {text}'
    # As mmengine's logger does.
    if level == logging.WARNING and line in LOG:
        return
    LOG.append(line)


ADAMW = dict(type='AdamW', lr=0.1, weight_decay=0.05)
SGD = dict(type='SGD', lr=0.02, momentum=0.9)
LAYERS = 'LearningRateDecayOptimWrapperConstructor'
# Reals, since a Struct holds no integers.
KEYS = dict(
    custom_keys={
        'back': dict(lr_mult=0.1),
        'conv': dict(lr_mult=7.0),
        'backbone.bn': dict(lr_mult=0.5, decay_mult=0.0),
        'head.fc.bias': dict(lr_mult=3.0, decay_mult=2.0, eps=1e-5),
        '.alpha': dict(decay_mult=0.3),
        'ln': {},
    })
# name, optimizer, constructor, paramwise_cfg, whether parameters are shared.
CASES = [
    ('None', ADAMW, None, None, True),
    ('Empty', ADAMW, None, {}, False),
    ('BiasLr', ADAMW, None, dict(bias_lr_mult=2), False),
    ('BiasDecay', ADAMW, None, dict(bias_decay_mult=0.5), False),
    ('NormDecay', ADAMW, None, dict(norm_decay_mult=0), False),
    ('FlatDecay', ADAMW, None, dict(flat_decay_mult=0.25), False),
    ('DwconvDecay', ADAMW, None, dict(dwconv_decay_mult=0.5), False),
    ('DcnOffset', ADAMW, None, dict(dcn_offset_lr_mult=0.1), False),
    ('CustomKeys', ADAMW, None, KEYS, False),
    ('WithoutDecay', SGD, None,
     dict(bias_lr_mult=2, custom_keys={'backbone': dict(lr_mult=0.5,
                                                        momentum=0.8)}),
     False),
    ('BypassDuplicate', ADAMW, None,
     dict(bypass_duplicate=True, norm_decay_mult=0), True),
    ('All', ADAMW, 'DefaultOptimWrapperConstructor',
     dict(bias_lr_mult=2, bias_decay_mult=0, norm_decay_mult=0.1,
          flat_decay_mult=0.2, dwconv_decay_mult=0.3, dcn_offset_lr_mult=0.4,
          bypass_duplicate=True, **KEYS), True),
    ('LayersWithoutSettings', ADAMW, LAYERS, None, False),
    ('LayersRate', ADAMW, LAYERS, dict(layer_decay_rate=0.65), False),
    ('LayersDecay', ADAMW, LAYERS,
     dict(layer_decay_rate=0.75, norm_decay_mult=0, bias_decay_mult=0.5,
          flat_decay_mult=0.25), False),
    ('LayersCustomKeys', ADAMW, LAYERS,
     dict(layer_decay_rate=0.5, norm_decay_mult=0,
          custom_keys={'backbone': dict(decay_mult=0.5, eps=1e-3),
                       'backbone.bn': dict(decay_mult=3)}), False),
]


def main():
    mmcv_ops = types.ModuleType('mmcv.ops')
    mmcv_ops.DeformConv2d = DeformConv2d
    mmcv_ops.ModulatedDeformConv2d = DeformConv2d
    sys.modules['mmcv'] = types.ModuleType('mmcv')
    sys.modules['mmcv.ops'] = mmcv_ops
    default_constructor.mmcv_full_available = lambda: True
    default_constructor.print_log = record
    load_layer_decay()
    with open(os.path.join(HERE, 'constructors_golden.txt'), 'w') as out:
        for name, optimizer, constructor, paramwise_cfg, tied in CASES:
            config = dict(optimizer=optimizer)
            if constructor is not None:
                config['constructor'] = constructor
            if paramwise_cfg is not None:
                config['paramwise_cfg'] = paramwise_cfg
            LOG.clear()
            model = Net(tied)
            names = {}
            for key, param in model.named_parameters(remove_duplicate=False):
                names.setdefault(id(param), key)
            wrapper = optim.build_optim_wrapper(model, config)
            out.write(f'case {name} {int(tied)}\n{json.dumps(config)}\n')
            built = wrapper.optimizer
            for group in built.param_groups:
                options = {
                    key: value
                    for key, value in group.items() if key != 'params' and
                    (key not in built.defaults or
                     value != built.defaults[key])
                }
                params = ' '.join(names[id(p)] for p in group['params'])
                out.write(f'group {params} {json.dumps(options)}\n')
            for line in LOG:
                out.write(f'log {json.dumps(line)}\n')


if __name__ == '__main__':
    main()
