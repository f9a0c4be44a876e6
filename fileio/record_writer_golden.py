"""Writes record_writer_golden.txt: `record HEX` lines and the `file HEX` that
holds those records, written by tensorboard 2.21.0.

Run:
  python3 -m venv venv
  venv/bin/pip install tensorboard==2.21.0
  venv/bin/python fileio/record_writer_golden.py
"""
import io
import os

from tensorboard.summary.writer.record_writer import RecordWriter

RECORDS = [b'', b'a', bytes(range(256)), b'123456789']

path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    'record_writer_golden.txt')
file = io.BytesIO()
file.close = lambda: None
writer = RecordWriter(file)
for record in RECORDS:
    writer.write(record)
with open(path, 'w') as golden:
    golden.writelines(f'record {r.hex()}\n' for r in RECORDS)
    golden.write(f'file {file.getvalue().hex()}\n')
