"""Writes hook_list_golden.txt: mmengine 0.9.1's table of hooks.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python hooks/hook_list_golden.py

The hooks are added in the order below; each overrides what its class body says.
"""
import os
from types import SimpleNamespace

from mmengine.hooks import Hook
from mmengine.runner import Runner

FOLDER = os.path.dirname(os.path.abspath(__file__))


class FirstHook(Hook):
    priority = 'NORMAL'

    def before_train(self, runner):
        pass

    def after_run(self, runner):
        pass


class EarlyHook(Hook):
    priority = 'VERY_HIGH'

    def _before_iter(self, runner, batch_idx, data_batch=None, mode='train'):
        pass

    def before_train(self, runner):
        pass


class SecondHook(FirstHook):
    pass


class OwnLevelHook(Hook):
    priority = 55

    def after_val_epoch(self, runner, metrics=None):
        pass

    def after_run(self, runner):
        pass


run = SimpleNamespace(_hooks=[])
for hook in [FirstHook(), EarlyHook(), OwnLevelHook(), SecondHook()]:
    Runner.register_hook(run, hook)
run.hooks = run._hooks
with open(os.path.join(FOLDER, 'hook_list_golden.txt'), 'w') as golden:
    golden.write(Runner.get_hooks_info(run) + '\n')
