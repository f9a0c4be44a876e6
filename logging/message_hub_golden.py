"""Writes message_hub_golden.txt: what mmengine 0.9.1's MessageHub holds.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python logging/message_hub_golden.py

Lines, in order: `scalar NAME VALUE COUNT RESUMED`, `scalars NAME=VALUE:COUNT..`,
`info NAME INTEGER RESUMED`, `pop NAME RESULT` ("-": the default), `ask NAME
STATISTIC WINDOW RESULT`, and at the end `state PART NAME [RESUMED]` for what
state_dict() has.
"""
import os
import random

from mmengine.logging import MessageHub

FOLDER = os.path.dirname(os.path.abspath(__file__))
random.seed(0)
hub = MessageHub.get_instance('golden')

with open(os.path.join(FOLDER, 'message_hub_golden.txt'), 'w') as golden:
    for step in range(30):
        loss = random.gauss(1, 2)
        hub.update_scalar('train/loss', loss, 1)
        golden.write(f'scalar train/loss {loss!r} 1 1\n')
        if step % 3 == 0:
            hub.update_scalar('val/acc', step / 7, 4, resumed=False)
            golden.write(f'scalar val/acc {step / 7!r} 4 0\n')
        a, b, count = random.random(), random.random(), random.randrange(1, 9)
        hub.update_scalars({'train/a': a, 'train/b': {'value': b,
                                                      'count': count}})
        golden.write(f'scalars train/a={a!r}:1 train/b={b!r}:{count}\n')
        hub.update_info('iter', step)
        golden.write(f'info iter {step} 1\n')
        hub.update_info('tag', step * step, resumed=False)
        golden.write(f'info tag {step * step} 0\n')
        if step == 20:
            for name in ['tag', 'tag']:
                result = hub.pop_info(name, '-')
                golden.write(f'pop {name} {result}\n')
        for name in sorted(hub.log_scalars):
            for statistic in ['mean', 'min', 'max']:
                result = float(hub.get_scalar(name).statistics(statistic, 5))
                golden.write(f'ask {name} {statistic} 5 {result!r}\n')
    state = hub.state_dict()
    for part in ['log_scalars', 'runtime_info']:
        for name in state[part]:
            golden.write(f'state {part} {name}\n')
    for name, resumed in state['resumed_keys'].items():
        golden.write(f'state resumed_keys {name} {int(resumed)}\n')
