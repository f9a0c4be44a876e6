"""Writes override_golden.json: --cfg-options as mmengine 0.9.1 takes them.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python config/override_golden.py

`values`: what DictAction makes of a value, one case a line; `repr` tells tuples
from lists. `configs`: a config
after options; `after` is null where mmengine raises.
"""
import argparse
import json
import os

from mmengine.config import Config, DictAction

VALUES = [
    '1', '-1', '+5', '1_000', '0.5', '.5', '5.', '1e-3', '1E5', '-2.5e+3',
    'inf', '-inf', 'Infinity', '1e400', 'true', 'True', 'TRUE', 'false',
    'False', 'None', 'none', 'SGD', 'a.b', 'work_dirs/run-1', 'x=y', '',
    'http://host:80/x', '1.2.3', '1-2', '1_', '_1', '--5', 'e5',
    '99999999999999999999', '1,2,3', '1,', ',1', '1,,2', 'a,b', '[]', '()',
    '[1]', '(1)', '[1,2]', '(1,2)', '[1, 2.5, x, None, true]', '[a, b, c]',
    '[(1,2),(3,4)]', '[[1,2],[3,4]]', '[(1, 2, 3), [a, b], c]', '((1,2),3)',
    '"[(1,2),(3,4)]"', "'[a,b]'", '[[],[1]]', "'plain'", '"plain"',
]

CONFIGS = {
    'Leaf': ({'a': {'b': 1}}, ['a.b=2']),
    'NewLeaf': ({'a': {'b': 1}}, ['a.c=x']),
    'NewDicts': ({'a': 1}, ['b.c.d=2']),
    'ListElementField': ({'p': [{'type': 'A'}, {'type': 'B'}]}, ['p.1.type=C']),
    'NewFieldOfAListElement': ({'p': [{'type': 'A'}]}, ['p.0.size=[1,2]']),
    'WholeList': ({'p': [1, 2]}, ['p=3,4']),
    'Several': ({'a': {'b': 1, 'c': 2}}, ['a.b=3', 'a.c=4', 'd=None']),
    'TheLastCounts': ({'a': 1}, ['a=2', 'a=3']),
    'ScalarReplacesADict': ({'a': {'b': 1}}, ['a=2']),
    'Delete': ({'a': {'b': 1, 'c': 2}}, ['a._delete_=True', 'a.type=X']),
    'DeleteFalse': ({'a': {'b': 1}}, ['a._delete_=False', 'a.type=X']),
    'ThroughAScalar': ({'a': 1}, ['a.b=2']),
    'IndexNotThere': ({'p': [{'x': 1}]}, ['p.1.x=2']),
    'WordIntoAList': ({'p': [{'x': 1}]}, ['p.x=2']),
}


def parse(options):
    """The options as argparse gives them to merge_from_dict."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    return parser.parse_args(['--cfg-options', *options]).cfg_options


def after(config, options):
    """The config with the options, or None where mmengine refuses."""
    cfg = Config(config)
    try:
        cfg.merge_from_dict(parse(options))
    except (KeyError, TypeError):
        return None
    return cfg.to_dict()


values = [
    json.dumps({'text': text, 'value': value, 'repr': repr(value)})
    for text in VALUES for value in [parse([f'key={text}'])['key']]
]
configs = [
    json.dumps({'name': name, 'config': config, 'options': options,
                'after': after(config, options)})
    for name, (config, options) in CONFIGS.items()
]
folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, 'override_golden.json'), 'w') as golden:
    golden.write('{"values": [\n' + ',\n'.join(values) +
                 '\n],\n"configs": [\n' + ',\n'.join(configs) + '\n]}\n')
