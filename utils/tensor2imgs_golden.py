"""Writes tensor2imgs_golden.txt: what mmengine 0.9.1's tensor2imgs gives.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python utils/tensor2imgs_golden.py

Of the numbers 0, 1, .. in shape [2, C, 2, 3]: `C MEAN STD TO_BGR | VALUE...`,
lists between commas, "-" for none.
"""
import os

import torch
from mmengine.utils.dl_utils import tensor2imgs

FOLDER = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(FOLDER, 'tensor2imgs_golden.txt'), 'w') as golden:
    for channels, mean, std, to_bgr in [
            (3, None, None, True), (3, None, None, False),
            (3, (1, 2, 3), (0.5, 2, 0.1), True),
            (3, (123.675, 116.28, 103.53), None, False),
            (1, None, None, False), (1, (0.3, ), (7, ), False)]:
        count = 2 * channels * 2 * 3
        tensor = torch.arange(count, dtype=torch.float32).view(2, channels, 2, 3)
        images = tensor2imgs(tensor, mean, std, to_bgr)
        assert all(image.shape == (2, 3, channels) for image in images)
        shown = ['-' if values is None else ','.join(map(str, values))
                 for values in (mean, std)]
        numbers = ' '.join(repr(float(x)) for image in images
                           for x in image.flatten())
        golden.write(f'{channels} {shown[0]} {shown[1]} {int(to_bgr)} | '
                     f'{numbers}\n')
