"""Makes python_file_golden.json: what mmengine makes of small .py configs.

    $(tests/python/venv.sh) config/python/python_file_golden.py

made by mmengine 0.9.1 with Python 3.11. Trees are JSON in which a tuple is
{"tuple": [...]}, a set {"set": [...]} in order, and a dict with keys that are no
strings {"dict": [[repr(key), value], ...]}.
"""

import json
import logging
import os
import pathlib
import sys
import tempfile
import warnings

import mmengine.config.config
import mmengine.config.utils
from mmengine.config import Config


def is_builtin_module(name):
    """mmengine's, where Python is neither of 3.11 nor in a virtual environment:
    there it takes frozen modules such as os, or all of them, for foreign."""
    first = name.split('.')[0]
    return name.startswith('mmengine.config') or first in sys.stdlib_module_names


mmengine.config.utils._is_builtin_module = is_builtin_module
mmengine.config.config._is_builtin_module = is_builtin_module
logging.disable(logging.CRITICAL)
warnings.simplefilter('ignore')
os.environ['ANNEAL_TEST_WORD'] = 'fast'

BASE = '''
model = dict(type='Net', depth=50, neck=dict(type='FPN', sizes=[1, 2]))
train_pipeline = [dict(type='Load'), dict(type='Resize', scale=(4, 2))]
train_dataloader = dict(batch_size=2, dataset=dict(pipeline=train_pipeline))
lr = 0.1
'''

LAZY_BASE = '''
from torch.optim import SGD
from mmdet.models import Net as Model
import torch.nn as nn
import mmcv.ops
model = dict(type=Model, neck=dict(type=nn.Linear, sizes=[1, 2]), old=1)
train_pipeline = [dict(type=mmcv.ops.Load), dict(type='Resize', scale=(4, 2))]
train_dataloader = dict(batch_size=2, dataset=dict(pipeline=train_pipeline))
optimizer = dict(type=SGD, lr=0.1)
unused = 1
'''

# Expressions, each an item of one list.
EXPRESSIONS = {
    'Numbers': '''1, 1_000, 0x1F, 0o17, 0b101, 1.5, .5, 5., 1e-3, 1E5, 1_0.2_5,
        True, None, -3, +3, ~3, - -3, 00, 1e308 * 10, 9223372036854775807''',
    'Arithmetic': '''7 // 2, -7 // 2, 7 // -2, -7 % 3, 7 % -3, 7.5 // 2, -7.5 % 2,
        7.5 % -2, 1 / 3, 4 / 2, 2 ** 10, 2 ** -1, -2 ** 2, 2 ** 3 ** 2,
        4 ** 0.5, 1 + 2 * 3 - 4, (1 + 2) * 3, 0.1 + 0.2, 1 + True, True + True,
        3 & 5, 3 | 5, 3 ^ 5, 1 << 4, 256 >> 4, -1 >> 1, True & False,
        2.0 ** 3, 10 % 3.0, -0.0, 0.0 // 1, 1e16 + 1, 7 / 2.0, 16 * 512 / 256,
        0.02 / 8, 5e-4 * 16 * 512 / 512, 1.5 * 1e-3''',
    'Quotients': '''1 / 2731, 1 / 4623, 1 / 5462, 1 / 5607, -1 / 2731, 2 / 3,
        9007199254740993 / 3, 9223372036854775807 / 7, 1 / 9223372036854775807,
        -9223372036854775807 / 9223372036854775806, 0 / 9223372036854775807,
        4611686018427387905 / 4611686018427387904, 9007199254740993 / 1,
        9007199254740995 / 1, 18014398509481987 / 2, 10 / 5, True / 3''',
    'Departures': '''int('ff', base=16), max([], default=None), min([], default=3),
        'a b  '.split(None, 1), '  a b'.rsplit(None, 1), ' a b c '.split(None, 0),
        f'{"a":05}', f'{"a":05s}', f'{5:<05}', f'{"a":<05}', f'{-5:05}',
        2.0 in range(5), 2.5 in range(5), 1e30 in range(5), True in range(5),
        sum([1], start=2), list(enumerate('a', start=3)), 'a,b'.split(sep=',', maxsplit=1),
        'eèe'.strip('e'), 'èxé'.strip('é'), 'xxa'.rstrip('x'),
        'abab'.strip('ab'), list(range(9)[1:7:2]), range(9)[::-1][2], round(2.5, ndigits=0)''',
    'Comparisons': '''1 < 2 <= 2, 1 == 1.0, 'a' < 'b', [1, 2] < [1, 3],
        (1,) == [1], 1 != 2, 'b' in 'abc', 2 not in [1, 2], 'k' in {'k': 1},
        None is None, 1 is not None, not [], not 0, [] or 'x', 1 and 2,
        0 and 2, {1, 2} <= {1, 2, 3}, {1} == {1.0}, 1 < 2 > 3, (1, 2) >= (1,),
        1 if [] else 2, 3 in range(0, 9, 3), {'a': 1} == {'a': 1.0}''',
    'Strings': r"""'a' 'b', "it's", 'tab\t\x41\u00e9\101', r'\n\d', '''a
b''', 'a' * 3, 'ab' + 'c', 'abc'[1], 'abc'[-1], 'abcdef'[1:5:2],
        'abc'[::-1], u'x', 'line\
continued', 'no \escape', '\N' if 0 else 'é'[0], len('é'), 'a\\b', R'\''
""".replace(r"""'\N' if 0 else """, ''),
    'StringMethods': '''','.join(['a', 'b']), 'a,b,c'.split(','), ' a  b '.split(),
        'a,b,c'.rsplit(',', 1), 'a b c'.split(None, 1), 'AbC'.lower(),
        'abc'.upper(), 'the end'.title(), 'aBC'.capitalize(), 'xxaxx'.strip('x'),
        '  a '.lstrip(), ' a '.rstrip(), 'aXbX'.replace('X', '-'),
        'aXbX'.replace('X', '-', 1), 'abc'.startswith(('x', 'a')),
        'abc'.endswith('c'), 'abcb'.find('b'), 'abcb'.rfind('b'), 'abc'.find('z'),
        'aa'.count('a'), '7'.zfill(3), '-7'.zfill(4), 'a'.ljust(3, '.'),
        'a'.rjust(3), 'ab'.center(5, '*'), 'a.b.c'.partition('.'),
        'a.b.c'.rpartition('.'), 'abc'.removesuffix('c'), '12'.isdigit(),
        'a\\nb\\n'.splitlines(), 'x/y.py'.split('/')[-1].split('.')[0]''',
    'Formats': r'''f'{1 + 1}', f'{"x"!r}', f'{3.14159:.2f}', f'{5:03d}', f'{1e-5}',
        f'{1234567:,}', f'{0.25:%}', f'{255:#x}', f'{"a":>5}|{"b":<3}|{"c":^5}',
        f'{{}}', f'{1:+d}', f'{2.0}', f'{10:.3e}', f'{1e10:g}', f'{7:{"0"}{3}}',
        f'{[1, "a"]}', f'{(1,)}', f'{None}', f'{True:d}', rf'\d{1}',
        '{} {1}'.format('a', 'b') if 0 else '{} {}'.format('a', 'b'),
        '{1}{0}'.format('a', 'b'), '{x:.1f}'.format(x=1.25), '{a[k]}'.format(a={'k': 1}),
        '{:>4}'.format(7), '%d of %s' % (3, 'x'), '%.2f' % 1.005, '%5d|%-5d|%05d' % (1, 2, 3),
        '%s' % [1], '%(a)s' % {'a': 1}, '%r' % 'q', '100%%' % (), '%x' % 255,
        '%g' % 1e-7, '{!r}'.format('a'), f"{'a' 'b'}", f'{1 if True else 2}',
        f'{dict(a=1)["a"]}', f'{1.0:.3}', f'{1e20}', f'{123456.0:.4}', '%e' % 12.5''',
    'Sequences': '''[1, 2][0], (1, 2)[-1], [1, 2, 3][1:], [1, 2, 3, 4][::2],
        (1, 2, 3)[:-1], [1] + [2], (1,) + (2, 3), [0] * 3, 2 * (1, 2), [*range(3), 9],
        (*[1, 2], 3), {1, 2, 2}, {'a': 1, **{'b': 2}}, {1: 'x', None: 'y'},
        {(1, 2): 0}, [[]] * 2, (), [], {}, set(), (1,), {'a': 1, 'a': 2},
        [1, 2, 3].index(2), (1, 1).count(1), range(5)[2], [3, 1, 2][5:]''',
    'Comprehensions': '''[i * 2 for i in range(4) if i % 2], {k: v for k, v in
        zip('ab', (1, 2))}, {i % 2 for i in range(4)}, [(i, j) for i in range(2)
        for j in range(i + 1)], sum(i for i in range(5)), [[j for j in range(i)]
        for i in range(3)], tuple(x for x in [1, 2]), [a + b for a, b in [(1, 2)]],
        [i for i in range(9) if i > 2 if i < 5], dict((i, i * i) for i in range(3))''',
    'Functions': '''round(2.5), round(3.5), round(2.675, 2), round(1234, -2),
        round(0.5), round(-1.5), round(1e-3 * 7, 4), round(5, 1), int(3.9),
        int('7'), int(-3.9), int('ff', 16), float('1e-3'), float(2), str(1.0),
        str([1, 'a']), bool([]), len([1, 2]), list(range(2, 8, 3)), min(3, 1), max([1, 5]),
        max('a', 'b', key=len), sum([0.1] * 3), sum([[1], [2]], []), sorted([3, 1, 2]),
        sorted('bca', reverse=True), sorted(['bb', 'a'], key=len), list(zip([1, 2], 'ab')),
        list(enumerate('ab', 1)), dict([('a', 1)], b=2), dict({'a': 1}), tuple([1]),
        set([1]), abs(-2.5), any([0, 1]), all([]), list(reversed([1, 2])), divmod(7, 2),
        isinstance(1, int), isinstance('a', (list, str)), isinstance(True, int),
        pow(2, 3), chr(97), ord('a'), repr('a'), format(3.14159, '.2f'), hasattr('a', 'upper'),
        list(dict(a=1).items()), list({'a': 1}), dict(a=1).get('b', 2)''',
}

# Whole files; main.py is the config.
FILES = {
    'JoinsDicts': {
        'base.py': BASE,
        'main.py': '''
_base_ = 'base.py'
new = dict(neck=dict(sizes=[3]), depth=101)
a = _base_.model | new
b = dict(neck=dict(type='X'), z=1) | _base_.model
c = dict(neck=dict(type='X'), z=1) | new
d = dict(neck=dict(type='X'))
d |= _base_.model
e = _base_.model.copy()
e |= dict(neck=dict(type='PAFPN'), head=dict(n=1))
f = dict(neck=dict(type='X'))
f |= new
'''},
    'TakesEveryAssignment': {
        'main.py': '''
"""A docstring."""
a = b = 1; c = 2
d, (e, *f) = 1, (2, 3, 4)
[g, h] = 'xy'
i: int = 3
j: str
a += 1; c *= 3; i -= 1
k = [1]
l = k
k += [2]
m = {'x': 1}
m['y'] = 2
m['x'] += 5
n = [0, 1, 2, 3]
n[1] = 'one'
n[2:] = [9, 9, 9]
del n[0]
o = 1; del o
p = (1
     , 2)  # a comment
q = 1 + \\
    2
_private = 1
__hidden = 2
'''},
    'RunsIfAndFor': {
        'main.py': '''
x = 3
if x > 5: size = 'large'
elif x > 2:
    size = 'middle'
else:
    size = 'small'
total = 0
for i in range(10):
    if i == 2:
        continue
    if i == 6:
        break
    total += i
else:
    total = -1
stages = []
for n, (a, b) in enumerate([(1, 2), (3, 4)]):
    stages.append(dict(index=n, sum=a + b))
for _ in []: pass
else: done = True
assert total == 13, 'wrong'
'''},
    'SharesListsAndDictsLikePython': {
        'main.py': '''
import copy
norm = dict(type='BN')
a = dict(norm=norm, list=[1])
b = copy.deepcopy(a)
c = copy.copy(a)
norm.update(eps=1e-5)
norm['type'] = 'GN'
a['list'].append(2)
b['list'].append(3)
c['more'] = 1
d = a.copy()
d.pop('list')
e = [norm] * 2
e[0]['x'] = 1
f = a.setdefault('new', []) 
f.append(7)
g = dict(a, extra=1)
h = {**a}
h['list'] = None
popped = h.pop('gone', 'default')
'''},
    'ChangesListsDictsAndSetsByMethods': {
        'main.py': '''
l = [3, 1]
l.extend((2, 5)); l.insert(0, 9); l.sort(); l.reverse(); l.remove(5)
last = l.pop(); first = l.pop(0)
m = l.copy(); m.clear()
d = dict(a=1, b=2, c=3)
d.update([('d', 4)]); d.update({'e': 5}, f=6)
keys = list(d.keys()); values = list(d.values()); items = list(d.items())
del d['a']
s = {1, 2}; s.add(3); s.discard(1); s.update([4])
t = s - {4} | {8}; u = s & {2, 9}; v = s ^ {2}
'''},
    'TakesPartsOfTheStandardLibrary': {
        'main.py': '''
import math
import os.path as osp
from math import pi
from os.path import join as up
from copy import deepcopy
root = math.sqrt(2); a = math.ceil(2.1); b = math.floor(-2.1); c = up('m', 'n')
d = pi * 2; e = math.log(8, 2); f = math.cos(0); g = math.inf
h = osp.join('a', 'b', '/c', 'd.py'); i = osp.basename('x/y.py')
j = osp.splitext('a/b.tar.gz'); k = osp.dirname('a/b/c'); l = deepcopy([1])
'''},
    'MergesBases': {
        'base.py': BASE,
        'main.py': '''
_base_ = './base.py'
model = dict(depth=101, neck=dict(_delete_=True, type='PAFPN'))
lr = 0.2
new = dict(x=1)
'''},
    'SeesTheBases': {
        'base.py': BASE,
        'main.py': '''
_base_ = ['base.py']
neck = _base_.model.neck
scale = _base_.train_pipeline[1]['scale'][0]
pipeline = {{_base_.train_pipeline}}
loader = dict(pipeline={{ _base_.train_pipeline }}, size={{_base_.lr}})
_base_.model.depth = 18
_base_.model.neck.update(dict(sizes=[7], more=dict(a=1)))
_base_.train_dataloader.dataset.pipeline[1].type = 'Crop'
stage = _base_.get('missing', 4)
_base_.train_dataloader.pop('batch_size')
has = hasattr(_base_, 'lr'), getattr(_base_, 'gone', 3)
'''},
    'MergesConfigDicts': {
        'base.py': BASE,
        'main.py': '''
_base_ = ['base.py']
model = _base_.model
model.merge(dict(depth=1, neck=dict(_delete_=True, type='X'), new=dict(a=1)))
model.update(neck=dict(y=2))
copied = model.copy()
copied.depth = 2
del model.new
'''},
    'TakesBasesOfAllSyntaxes': {
        'a.yaml': 'model: {type: Net, sizes: [1, 2]}\n',
        'b.json': '{"lr": 0.5, "data": {"n": 1}}\n',
        'c.py': "_base_ = 'd.py'\nx = dict(c=3)\n",
        'd.py': "x = dict(d=(1, 2), e={1: 'one'}, s={4})\n",
        'main.py': '''
_base_ = ['a.yaml', 'b.json'] + ['%s.py' % name for name in 'c']
model = dict(depth=len(_base_.model.sizes))
e = _base_.x.e[1]
'''},
    'TakesPredefinedVariables': {
        'main.py': '''
name = '{{ fileBasename }}'
work_dir = './work_dirs/{{fileBasenameNoExtension}}/x'
ext = "{{ fileExtname }}"
braces = '{{ other }}'
word = '{{ $ANNEAL_TEST_WORD:slow }}'
path = 'a/{{$ANNEAL_TEST_MISSING:b}}/c'
number = {{'$ANNEAL_TEST_MISSING:80'}}
half = {{'$ANNEAL_TEST_MISSING:1'}} / 2
'''},
    'HasNoKeysForWhatIsNoData': {
        'main.py': '''
import copy
from os.path import join
from copy import deepcopy
__x__ = 1
_y = 2
'''},
    'ReadsBasesLazily': {
        '_base_/base.py': LAZY_BASE,
        'main.py': '''
from mmengine.config import read_base
with read_base():
    from ._base_.base import *
from mmdet.datasets import (Crop,
                            Flip as Mirror)
from torch.optim import AdamW
model.update(dict(depth=101, neck=dict(sizes=[3])))
model.head = dict(type=Crop, name=str(Crop))
del model['old']
train_pipeline[0].x = 1
train_pipeline.append(dict(type=Mirror))
train_dataloader.batch_size = 4
train_dataloader.dataset.pipeline = train_pipeline
optimizer.merge(dict(_delete_=True, type=AdamW, lr=1e-3))
same = AdamW == AdamW
'''},
    'TakesSingleNamesLazily': {
        'base.py': LAZY_BASE,
        'main.py': '''
from mmengine.config import read_base
with read_base():
    from .base import model as net, optimizer
net['depth'] = 18
from os.path import basename
half = basename('a/b')
'''},
    'NamesImportsLikeMmengine': {
        'main.py': '''
import torch.nn as nn
import mmdet.models
import mmdet.datasets as data
from mmdet import models as m
from .relative import Thing
a = dict(type=nn.Linear, inner=nn.modules.conv.Conv2d)
b = dict(type=mmdet.models.Net, other=mmdet.x)
c = data.Coco
d = m.detectors.Net
e = [Thing, (nn.ReLU,)]
'''},
    'ReadsLazyBasesOfBases': {
        'a/one.py': 'from x import One\none = dict(type=One, n=1)\nshared = [1]\n',
        'a/two.py': '''
from mmengine.config import read_base
with read_base():
    from .one import *
    from ..b import *
one.n = 2
shared.append(2)
two = one
two.m = 3
''',
        'b.py': 'bee = dict(y=1)\n',
        'main.py': '''
from mmengine.config import read_base
with read_base():
    from .a.two import *
    from .b import bee as wasp
two.z = 9
wasp.y += 1
'''},
}


def tagged(value):
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: tagged(one) for key, one in value.items()}
        return {'dict': [[key if isinstance(key, str) else repr(key),
                          tagged(one)] for key, one in value.items()]}
    if isinstance(value, tuple):
        return {'tuple': [tagged(one) for one in value]}
    if isinstance(value, (set, frozenset)):
        return {'set': sorted(value)}
    if isinstance(value, list):
        return [tagged(one) for one in value]
    return value


def load(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        config = Config.fromfile(str(pathlib.Path(folder) / 'main.py'))
        return tagged(config.to_dict())


def main():
    # Trailing commas make one item a tuple too.
    cases = {name: {'main.py': f'x = [{text}]\n'}
             for name, text in EXPRESSIONS.items()}
    cases.update(FILES)
    golden = [dict(name=name, files=files, tree=load(files))
              for name, files in cases.items()]
    path = pathlib.Path(__file__).with_suffix('.json')
    lines = ',\n'.join(json.dumps(one) for one in golden)
    path.write_text(f'[\n{lines}\n]\n')


if __name__ == '__main__':
    main()
