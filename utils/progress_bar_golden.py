"""Writes progress_bar_golden.txt: bars as mmengine 0.9.1's ProgressBar draws.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python utils/progress_bar_golden.py

Each line is `DONE TOTAL ELAPSED WIDTH|BAR`: seconds, columns of the terminal.
"""
import io
import os

from mmengine.utils import progressbar

FOLDER = os.path.dirname(os.path.abspath(__file__))
CASES = [
    (1, 133, 0.004, 80),
    (50, 133, 1.25, 80),
    (50, 133, 1.25, 120),
    (50, 133, 1.25, 200),
    (50, 133, 1.25, 60),
    (133, 133, 12.5, 120),
    (1330, 13300000, 9.9, 120),
    (3, 0, 1.5, 80),
]

with open(os.path.join(FOLDER, 'progress_bar_golden.txt'), 'w') as golden:
    for done, total, elapsed, width in CASES:
        progressbar.get_terminal_size = lambda: (width, 24)
        out = io.StringIO()
        bar = progressbar.ProgressBar(total, file=out)
        bar.timer.since_start = lambda: elapsed
        out.truncate(0)
        out.seek(0)
        bar.update(done)
        line = out.getvalue().lstrip('\r')
        golden.write(f'{done} {total} {elapsed} {width}|{line}\n')
