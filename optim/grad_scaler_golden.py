"""Writes grad_scaler_golden.txt: what torch 2.11.0's GradScaler does.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python optim/grad_scaler_golden.py

`case INIT_SCALE GROWTH_FACTOR BACKOFF_FACTOR GROWTH_INTERVAL` begins a scaler
over one parameter of two elements, 1 and -2, and SGD of rate 0.1. Each `step
FACTOR` scales the loss FACTOR * sum(parameter), backward, unscale, step and
update; behind it stand the unscaled gradient, the parameter, the scale and the
growth tracker.
"""
import os
import random

import torch

FOLDER = os.path.dirname(os.path.abspath(__file__))
random.seed(0)

with open(os.path.join(FOLDER, 'grad_scaler_golden.txt'), 'w') as golden:
    for config in [(65536.0, 2.0, 0.5, 3), (1000.0, 1.7, 0.3, 2),
                   (1e38, 10.0, 0.5, 1), (3.0, 1.0001, 0.9999, 1)]:
        golden.write('case ' + ' '.join(map(repr, config)) + '\n')
        scaler = torch.amp.GradScaler(
            'cpu', init_scale=config[0], growth_factor=config[1],
            backoff_factor=config[2], growth_interval=config[3])
        parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        optimizer = torch.optim.SGD([parameter], lr=0.1)
        for _ in range(16):
            factor = random.choice(
                [0.37, 0.011, 2.3, -1.9, 7.0, float('inf'), float('nan')])
            optimizer.zero_grad()
            scaler.scale(factor * parameter.sum()).backward()
            scaler.unscale_(optimizer)
            gradient = parameter.grad.tolist()
            scaler.step(optimizer)
            scaler.update()
            state = scaler.state_dict()
            numbers = [factor, gradient[0], *parameter.tolist(),
                       state['scale'], state['_growth_tracker']]
            golden.write('step ' + ' '.join(map(repr, numbers)) + '\n')
