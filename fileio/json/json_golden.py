"""Writes json_golden.txt: what Python 3.11's json.dumps makes of numbers and
texts.

Run: python3 fileio/json/json_golden.py

Lines: `real HEX JSON`, HEX the double's bits; `text HEX JSON`, HEX its UTF-8.
"""
import json
import os
import random
import struct

random.seed(0)
REALS = [0.0, -0.0, 1.0, 0.02, 0.1, 1 / 3, 1e-4, 9.999e-5, 1e-5, 1.5e-7, 1e15,
         1e16, 9007199254740993.0, 9999999999999998.0, 123456789012345680.0,
         1e22, 1.7976931348623157e308, 5e-324, -2.5, 1e100,
         float('nan'), float('inf'), float('-inf')]
REALS += [random.gauss(0, 1) * 10**random.randint(-20, 20) for _ in range(40)]
TEXTS = ['', 'a b', 'q"q', 'back\\slash', 'a/b', '\n\t\r\b\f\x01\x7f', 'é漢',
         '\U0001f600']

path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    'json_golden.txt')
with open(path, 'w') as golden:
    for real in REALS:
        bits = struct.pack('>d', real).hex()
        golden.write(f'real {bits} {json.dumps(real)}\n')
    for text in TEXTS:
        golden.write(f'text {text.encode().hex() or "-"} '
                     f'{json.dumps(text, ensure_ascii=False)}\n')
