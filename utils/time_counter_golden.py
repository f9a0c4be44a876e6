"""Writes time_counter_golden.txt: what mmengine 0.9.1's TimeCounter prints.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python utils/time_counter_golden.py

`case LOG_INTERVAL WARMUP_INTERVAL`, then the lines of seven runs of 1, 2, .. 7
ms.
"""
import contextlib
import io
import os
import time

from mmengine.utils.dl_utils import TimeCounter

FOLDER = os.path.dirname(os.path.abspath(__file__))
clock = 0.0
time.perf_counter = lambda: clock

with open(os.path.join(FOLDER, 'time_counter_golden.txt'), 'w') as golden:
    for log_interval, warmup in [(1, 1), (2, 1), (1, 3), (3, 2), (10, 1)]:
        golden.write(f'case {log_interval} {warmup}\n')
        TimeCounter.instance_dict.clear()
        counter = TimeCounter(log_interval, warmup, tag='block')
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            for run in range(1, 8):
                with counter:
                    clock += run / 1000
        golden.write(out.getvalue())
