"""Makes yaml_golden.txt: what PyYAML's C loader and dumper do, mmengine's.

  python3 fileio/yaml/yaml_golden.py > fileio/yaml/yaml_golden.txt

Made with PyYAML 6.0. A line each, a JSON list: ["load", text, value as JSON or
"error"], or ["dump", value as JSON, text].
"""
import json

import yaml

SCALARS = [
    '', '~', 'null', 'Null', 'NULL', 'nULL', 'yes', 'Yes', 'yEs', 'NO', 'on',
    'Off', 'true', 'True', 'tRue', 'y', 'n', '0', '-0', '+1', '12', '1_000',
    '_1', '0b101', '-0b11', '0b2', '0x1F', '0X1F', '-0x_f', '017', '0o17',
    '018', '08', '00', '1:30', '190:20:30', '1:60', '-1:30', '01:30', '1.5',
    '-1.5', '+1.5', '1.', '.5', '-.5', '+.5', '1e5', '1.0e5', '1.0e+5',
    '1.0E-5', '1.e+5', '.5e+3', '1_0.2_5', '1._', '.', '._5', '.inf', '-.INF',
    '+.Inf', '.iNf', '.nan', '-.nan', '.NaN', 'nan', 'inf', '1:30.5', '1:2.',
    '0:1.5', '1.2.3', '1e', 'e1', '-', '--', 'a b', 'a: b', "'1'", '"1"',
    "'it''s'", r'"a\nb\x41\u00e9"', '!!str 1', '!!int "3"', '!!float 1',
    '!!bool "yes"', '!!null ""', '!!binary aGk=', '9223372036854775807',
    '-9223372036854775808', '0x7fffffffffffffff', '1.7e+308', '1.0e+999',
    '4.9e-324', '123456789.123456789',
]
DOCUMENTS = [
    'a: 1\nb: [1, 2.5, x]\nc: {d: ~}\n', '- 1\n- - 2\n  - 3\n- a: b\n', '1: a\n-2: b\n',
    'a: 1\na: 2\n', 'a: &x [1, 2]\nb: *x\n', 'a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n  r: 4\n',
    'a: &x {p: 1}\nb: &y {p: 2, s: 3}\nc:\n  <<: [*x, *y]\n  t: 5\n', 'a: |\n  x\n  y\nb: >\n  x\n  y\n',
    '# only\n', '---\na: 1\n', 'a: 1\n...\n', 'a: "x\\\n  y"\n', "a: 'x\n  y'\n", 'a: x\n  y\n',
    'a: !!python/tuple [1, 2]\n', '[1, [2, {a: b}], ]', '{}', '[]', 'a:\n', 'é: 中\n',
    'a: "\\U0001F600"\n', 'a: 1 # x\n', 'a: b#c\n', 'a:b: c\n',
    'a: http://x.y/z?q=1\n', '? a\n: b\n', 'a:\r\n  b: 1\r\n', '\ufeffa: 1\n',
    # Errors.
    'a: [1', 'a: b: c\n', '*x\n', '--- 1\n--- 2\n', 'a: 1\n b: 2\n', '\t- 1\n',
    '[1]: a\n', '!!python/object/apply:os.getcwd []\n', '!x 1\n', '<<: 1\n',
    'a: @b\n', '{a: 1', '- 1\na: 2\n', '!!int x\n',
]


def plain(value):
    if isinstance(value, (set, tuple)):
        return [plain(x) for x in value]
    if isinstance(value, list):
        return [plain(x) for x in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, bytes):
        import base64
        return base64.b64encode(value).decode()
    return value


for text in SCALARS + DOCUMENTS:
    try:
        # The loader that runs nothing; else equal to mmengine's.
        loader = yaml.CFullLoader
        value = yaml.load(text, Loader=loader)
        result = json.dumps(plain(value), ensure_ascii=False)
    except (yaml.YAMLError, TypeError, ValueError):
        result = 'error'
    print(json.dumps(['load', text, result], ensure_ascii=False))

VALUES = [
    None, True, 1, -5, 1.5, 1e-05, 1e22, 1e16, float('inf'), float('nan'), 0.1,
    '', 'a', 'a b', 'yes', 'No', 'null', '~', '1', '1.5', '1e5', '0x1F', '1:30',
    '.inf', '-', '- a', '-a', '?', '? a', '?a', ':', ':a', 'a:', 'a: b', 'a:b',
    'a #b', 'a#b', '#a', '[a', '{a', 'a]', 'a, b', '&a', '*a', '!a', '|a',
    '>a', "'a", "it's", '"a"', '%a', '@a', '`a', ' a', 'a ', '---', '--- a',
    '...', '<<', '=', '2001-12-14', 'http://x.y/z', 'C:\\x', 'é', '中', '😀',
    'a\tb', '\x07', '\u2028',
    [], {}, [1, 2], [[1, 2], [3]], [[], {}], [[[1]]], {'a': 1, 'b': 'c'},
    {'b': 1, 'a': 2}, {'a': [1, 2]}, {'a': {'b': {'c': [1, {'d': 2}]}}},
    [{'a': 1, 'b': 2}, {'c': [1]}], {'a': []}, {'a': {}}, {'yes': 1, '1': 2},
    {2: 'a', 1: 'b'}, [{'a': [{'b': 1}]}], {'a': None}, [None, 'x'],
    {'a b': 1, 'c:': 2, '': 3}, [[{'a': 1}], [{'b': 2}]],
]
for value in VALUES:
    text = yaml.dump(value, Dumper=yaml.CDumper)
    # The end of a document that is one scalar.
    text = text[:-4] if text.endswith('\n...\n') else text
    keyed = value
    print(json.dumps(['dump', keyed if not isinstance(value, dict) or all(
        isinstance(k, str) for k in value) else {str(k): v for k, v in value.items()},
        text, isinstance(value, dict) and any(isinstance(k, int) for k in value)],
        ensure_ascii=False))
