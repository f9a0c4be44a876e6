"""Checks that mmengine 0.9.1 reads dump_python_golden.txt, and writes
dump_python_golden.json: the tree that it reads, and how mmengine tells two
configs apart.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python config/dump_python_golden.py

`repr` is the tree as Python writes it, which tells tuples and sets from lists.
`diffs`: Config.diff of two configs, whose texts yapf leaves as they are here,
without the empty lines that it has behind those of '---', '+++' and '@@'.
"""
import json
import os
import shutil
import tempfile

from mmengine.config import Config

DIFFS = {
    'AValue': (dict(a=1, b=2, c=3), dict(a=1, b=5, c=3)),
    'AddedAndRemoved': (dict(a=1, b=2), dict(b=2, c=3)),
    'Same': (dict(a=1), dict(a=1)),
    'FarApart': ({f'k{i:02d}': i for i in range(30)},
                 {f'k{i:02d}': -i if i in (2, 20) else i for i in range(30)}),
    'Near': ({f'k{i:02d}': i for i in range(20)},
             {f'k{i:02d}': -i if i in (4, 11) else i for i in range(20)}),
    'NotSoNear': ({f'k{i:02d}': i for i in range(20)},
                  {f'k{i:02d}': -i if i in (4, 12) else i for i in range(20)}),
}

folder = os.path.dirname(os.path.abspath(__file__))
with tempfile.TemporaryDirectory() as temporary:
    path = os.path.join(temporary, 'config.py')
    shutil.copy(os.path.join(folder, 'dump_python_golden.txt'), path)
    tree = Config.fromfile(path).to_dict()

with open(os.path.join(folder, 'dump_python_golden.json'), 'w') as golden:
    json.dump({
        'repr': repr(tree),
        'diffs': [
            {'name': name, 'a': a, 'b': b,
             'diff': ''.join(
                 line + '\n'
                 for line in Config.diff(Config(a), Config(b)).split('\n')
                 if line)}
            for name, (a, b) in DIFFS.items()],
    }, golden, indent=1)
    golden.write('\n')
