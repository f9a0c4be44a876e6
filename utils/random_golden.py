"""Writes random_golden.txt: the state of torch 2.11.0's CPU generator.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python utils/random_golden.py

`state HEX` is torch.get_rng_state() after manual_seed(42) and five randn,
`randint N...` what randint(0, 2**30, (4,)) gives then.
"""
import os

import torch

FOLDER = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(42)
torch.randn(5)
with open(os.path.join(FOLDER, 'random_golden.txt'), 'w') as golden:
    golden.write(f'state {bytes(torch.get_rng_state().tolist()).hex()}\n')
    numbers = torch.randint(0, 2**30, (4,)).tolist()
    golden.write('randint ' + ' '.join(map(str, numbers)) + '\n')
