"""Writes logger_golden.txt: log lines as mmengine 0.9.1 formats them.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  FORCE_COLOR=1 venv/bin/python logging/logger_golden.py

Each line is `terminal|file LEVEL LINE`, LINE in Python's repr() with TIME where
the time stands.
"""
import logging
import os

from mmengine.logging.logger import MMFormatter

FOLDER = os.path.dirname(os.path.abspath(__file__))
LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR']

with open(os.path.join(FOLDER, 'logger_golden.txt'), 'w') as golden:
    for kind, color in [('terminal', True), ('file', False)]:
        formatter = MMFormatter(color=color, datefmt='TIME')
        for level in LEVELS:
            record = logging.LogRecord(
                'anneal', getattr(logging, level), 'model/net.cc', 12,
                'first line\nsecond line', None, None, func='Forward')
            golden.write(f'{kind} {level} {formatter.format(record)!r}\n')
