"""Writes collect_env_golden.txt: the environment block of mmengine 0.9.1.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python utils/collect_env_golden.py
"""
import os
import types

from mmengine.runner import runner

FOLDER = os.path.dirname(os.path.abspath(__file__))
blocks = []
fake = types.SimpleNamespace(
    _randomness_cfg={}, _seed=7, _launcher='none', _distributed=False,
    _world_size=1, cfg=types.SimpleNamespace(_cfg_dict={}),
    logger=types.SimpleNamespace(info=blocks.append))
runner.collect_env = lambda: {
    'sys.platform': 'linux',
    'PyTorch compiling details': 'first\n  - second',
}
runner.Runner._log_env(fake, {'cudnn_benchmark': False})
with open(os.path.join(FOLDER, 'collect_env_golden.txt'), 'w') as golden:
    golden.write(blocks[0])
