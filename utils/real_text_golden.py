"""Writes real_text_golden.txt: reals as Python 3 writes them.

Run:
  python3 utils/real_text_golden.py

Each line is `HEX REPR`: the exact real, and Python's repr of it.
"""
import os

REALS = [
    0.0, -0.0, 1.0, -1.0, 0.1, 1e-3, 1e-4, 1e-5, 1.5e-5, 100000.0, 123456789.0,
    1e15, 1e16, 1.5e16, 1e22, 9007199254740993.0, 1234567890123456.7, 2 / 3,
    1 / 3, 0.1 + 0.2, 3.141592653589793, 5e-324, 1.7976931348623157e308,
    2.2250738585072014e-308, float('inf'), float('-inf'), float('nan'),
]

folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, 'real_text_golden.txt'), 'w') as golden:
    for real in REALS:
        golden.write(f'{real.hex()} {real!r}\n')
