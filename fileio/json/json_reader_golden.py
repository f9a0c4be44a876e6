"""Makes json_reader_golden.txt: what Python's json module makes of texts.

  python3 fileio/json/json_reader_golden.py > fileio/json/json_reader_golden.txt

Made with Python 3.11. A line each: the JSON text, a tab, json.dumps of what it
reads (or "error").
"""
import json

TEXTS = [
    'null', 'true', ' false ', '0', '-0', '-0.0', '1.5', '1e5', '1E-5', '1e999',
    '-1e999', 'NaN', 'Infinity', '-Infinity', '9223372036854775807',
    '-9223372036854775808', '0.1', '123456789012.5', '2.5e-324', '[]', '[ ]',
    '[1, [2, {}], "a"]', '{}', '{ "a" : 1 , "b" : [ ] }', '{"a": 1, "a": 2}',
    '{"b": 1, "a": 2, "b": 3}', '""', r'"a\"\\\/\b\f\n\r\t"', r'"\u00e9\u4e2d"',
    r'"\ud83d\ude00"', '"é😀"', '{"": 0}', '[1e2, -1.25E+2]',
    # Errors.
    '', ' ', '[', '[1', '[1,', '[1,]', '[1 2]', '{', '{"a"', '{"a":', '{"a":1',
    '{"a":1,}', '{a: 1}', "{'a': 1}", '01', '-', '1.', '.5', '1e', '+1', 'nul',
    'True', '"', '"a', r'"\x41"', r'"\u12"', '1 2', '[1]]', '- 1', '-NaN',
    '/* */ 1',
]

for text in TEXTS:
    try:
        result = json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        result = 'error'
    print(f'{text}\t{result}')
