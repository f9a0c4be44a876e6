"""Writes testdata/averaged_model.txt: what mmengine 0.9.1's averaged models hold
after each of seven updates.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python model/averaged_model_golden.py

At update t (from 0) the weights are [0.25 t^2, 0.25 t^2 + 0.5, 0.25 t^2 + 1],
the buffer `mean` [t, -t] and `count` t. A line is CLASS/interval/update_buffers
/TENSOR and the tensor's numbers of all updates, one update after the other.
"""
import os

import torch
from mmengine.model import (ExponentialMovingAverage, MomentumAnnealingEMA,
                            StochasticWeightAverage)

FOLDER = os.path.dirname(os.path.abspath(__file__))
UPDATES = 7


class Source(torch.nn.Module):

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3))
        self.register_buffer('mean', torch.zeros(2))
        self.register_buffer('count', torch.tensor(0))

    def set(self, t):
        self.weight.data.copy_(torch.arange(3) * 0.5 + 0.25 * t * t)
        self.mean.copy_(torch.tensor([float(t), float(-t)]))
        self.count.fill_(t)


def main():
    kinds = [(StochasticWeightAverage, {}),
             (ExponentialMovingAverage, dict(momentum=0.1)),
             (MomentumAnnealingEMA, dict(momentum=0.3, gamma=2))]
    with open(os.path.join(FOLDER, 'testdata/averaged_model.txt'), 'w') as f:
        for kind, args in kinds:
            for interval in [1, 3]:
                for update_buffers in [0, 1]:
                    source = Source()
                    averaged = kind(
                        source,
                        interval=interval,
                        update_buffers=bool(update_buffers),
                        **args)
                    rows = {'weight': [], 'mean': [], 'count': []}
                    for t in range(UPDATES):
                        source.set(t)
                        averaged.update_parameters(source)
                        state = averaged.module.state_dict()
                        for name in rows:
                            rows[name] += state[name].flatten().tolist()
                    names = rows if update_buffers else ['weight']
                    for name in names:
                        numbers = ' '.join(repr(x) for x in rows[name])
                        f.write(f'{kind.__name__}/{interval}/{update_buffers}/'
                                f'{name} {numbers}\n')


if __name__ == '__main__':
    main()
