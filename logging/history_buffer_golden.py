"""Writes history_buffer_golden.txt: statistics of mmengine 0.9.1's HistoryBuffer.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python logging/history_buffer_golden.py

Lines: `max_length N` starts a buffer, `update VALUE COUNT` updates it,
`mean|min|max WINDOW RESULT` and `current RESULT` ask it.
"""
import os
import random

from mmengine.logging import HistoryBuffer

FOLDER = os.path.dirname(os.path.abspath(__file__))
random.seed(0)

with open(os.path.join(FOLDER, 'history_buffer_golden.txt'), 'w') as golden:
    for max_length in [1000000, 10, 1]:
        golden.write(f'max_length {max_length}\n')
        history = HistoryBuffer(max_length=max_length)
        for step in range(40):
            value = random.gauss(0, 10)
            if step == 30:
                value = float('nan')
            count = random.choice([1, 1, 2, 32])
            history.update(value, count)
            golden.write(f'update {value!r} {count}\n')
            if step % 3:
                continue
            for window in [1, 5, 10, 1000]:
                for name in ['mean', 'min', 'max']:
                    result = float(history.statistics(name, window))
                    golden.write(f'{name} {window} {result!r}\n')
            golden.write(f'current {float(history.current())!r}\n')
