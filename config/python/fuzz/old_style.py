"""Old style."""
_base_ = ['./a.py']
import math
from copy import deepcopy
a, (b, *c) = 1, (0x1F, .5e-3, None, True)
d = dict(type='X', **{'y': [1, (2,), {3}], 4: r'\n'}, z=f'{a:>{b}}|{a!r}')
d['y'] += [i * 2 for i in range(3) if i % 2 for j in 'ab']
e = {{_base_.model.type}} if a < 2 <= b else not a or -b ** 2 // 3
_base_.model.depth = round(math.sqrt(2), 2)
for i, (k, v) in enumerate(d.items()):
    if i == 2:
        break
    elif k in ('y', ) and v is not None:
        continue
else:
    pass
del d['z'], e
f = '{} %d'.format(a) % 3; g = '{{ $HOME:x }}' 'y' '''z
w''' + "a,b".split(',')[-1][::-1].upper()
h: int = lambda_ = deepcopy(d) | {'x': sorted([3, 1], reverse=True)}
assert h, 'no'
