"""Writes two_moons.safetensors, the data of examples/tensors/.

Run:
  python3 -m venv venv
  venv/bin/pip install numpy==2.4.6 safetensors==0.8.0
  venv/bin/python examples/tensors/data/make_two_moons.py
"""
import os

import numpy as np
from safetensors.numpy import save_file

SAMPLES = 1000
FOLDER = os.path.dirname(os.path.abspath(__file__))

random = np.random.default_rng(0)
moon = random.integers(2, size=SAMPLES)
angle = random.uniform(0, np.pi, SAMPLES)
# The second moon lies upside down, half a moon to the right.
x = np.where(moon == 0, np.cos(angle), 1 - np.cos(angle))
y = np.where(moon == 0, np.sin(angle), 0.5 - np.sin(angle))
points = np.stack([x, y], 1) + random.normal(0, 0.1, (SAMPLES, 2))
height = np.sin(2 * points[:, :1]) * np.cos(points[:, 1:])

save_file(
    {
        'points': points.astype(np.float32),
        'moon': moon.astype(np.int64),
        'height': height.astype(np.float32),
    }, os.path.join(FOLDER, 'two_moons.safetensors'))
