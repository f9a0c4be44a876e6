"""Writes path_golden.txt: what mmengine 0.9.1's scandir and is_abs say.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python utils/path_golden.py

`make PATH`: a file of the tree. `scan SUFFIXES RECURSIVE CASE_SENSITIVE
FILE...`: what is found there, sorted; suffixes between commas, "-" for none.
`is_abs PATH 0|1`.
"""
import os
import tempfile

from mmengine.utils import is_abs, scandir

FOLDER = os.path.dirname(os.path.abspath(__file__))
FILES = ['1.txt', '2.TXT', 'a.bin', '.hidden.txt', 'sub/3.txt', 'sub/b.bin',
         'sub/.hidden.bin', '.git/4.txt', 'sub/deep/5.json', 'txt', 'sub/txt']

with open(os.path.join(FOLDER, 'path_golden.txt'), 'w') as golden, \
        tempfile.TemporaryDirectory() as root:
    for path in FILES:
        golden.write(f'make {path}\n')
        whole = os.path.join(root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        open(whole, 'w').close()
    for suffixes in ['-', '.txt', '.txt,.json', '.TXT', 'b/txt', 'hidden.bin']:
        for recursive in [False, True]:
            for case in [False, True]:
                suffix = None if suffixes == '-' else tuple(suffixes.split(','))
                found = sorted(scandir(root, suffix, recursive, case))
                golden.write(f'scan {suffixes} {int(recursive)} {int(case)} '
                             f'{" ".join(found)}'.rstrip() + '\n')
    for path in ['/a', 'a', './a', 'http://a', 'https://a/b', 's3://b/k',
                 'S3://b/k', 'petrel://b', '~/a']:
        golden.write(f'is_abs {path} {int(is_abs(path))}\n')
