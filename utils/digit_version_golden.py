"""Writes digit_version_golden.txt: what mmengine 0.9.1's digit_version gives.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python utils/digit_version_golden.py

Lines: `VERSION|LENGTH|NUMBER,...`, or `VERSION|LENGTH|error`.
"""
import os

from mmengine.utils import digit_version

FOLDER = os.path.dirname(os.path.abspath(__file__))
VERSIONS = [
    '0', '1', '1.2', '1.2.3', '1.2.3.4', '1.2.3.4.5', '1.0.0', '01.002',
    'v1.2', 'V1.2', ' 1.2 ', '2!1.2', '1.2a1', '1.2.a1', '1.2-alpha_3',
    '1.2b2', '1.2beta', '1.2rc1', '1.2.RC3', '1.2c4', '1.2pre5', '1.2preview6',
    '1.2-rc.7', '1.2.dev0', '1.2dev', '1.2.dev3', '1.2a1.dev2', '1.2.post1',
    '1.2post', '1.2-3', '1.2.rev4', '1.2-r5', '1.2.post1.dev2', '1.2a1.post3',
    '2.11.0+cu130', '1.2+local.3-a', '1.2rc1+x', '0.9.1', '0.13.0a0', '', 'a',
    '1.', '.1', '1..2', '1.2.x', '1.2+', '1.2+a+b', '1.2rc1rc2', '1.2--1',
    'release-1.2', '1,2', '-1', '1.2 3', '1.2.post1.post2'
]

with open(os.path.join(FOLDER, 'digit_version_golden.txt'), 'w') as golden:
    for length in [4, 2]:
        for version in VERSIONS:
            try:
                result = ','.join(map(str, digit_version(version, length)))
            except Exception:
                result = 'error'
            golden.write(f'{version}|{length}|{result}\n')
