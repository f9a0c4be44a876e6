"""Writes log_file_golden.txt and rank_log_path_golden.txt: how Python's
RotatingFileHandler, which mmengine 0.9.1's MMLogger takes, rotates, and how
MMLogger names the file of a rank.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python logging/log_file_golden.py

log_file_golden.txt: `case MAX_BYTES BACKUP_COUNT`, `line TEXT` for each line
written, `file SUFFIX TEXT...` for each file there is at the end ("-" is no
suffix) with its lines. rank_log_path_golden.txt: `PATH HOST DEVICE RANK RESULT`,
HOST "-" where it is unknown.
"""
import logging
import os
import tempfile
from logging.handlers import RotatingFileHandler
from unittest import mock

from mmengine.logging import MMLogger

FOLDER = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(FOLDER, 'log_file_golden.txt'), 'w') as golden:
    for max_bytes, backup_count in [(20, 1), (20, 3), (21, 2), (5, 2),
                                    (1000, 2), (0, 1)]:
        golden.write(f'case {max_bytes} {backup_count}\n')
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'run.log')
            handler = RotatingFileHandler(path, 'w', max_bytes, backup_count)
            for i, size in enumerate([9, 9, 1, 4, 30, 2, 2, 2, 19, 5]):
                text = str(i) * size
                golden.write(f'line {text}\n')
                handler.emit(logging.LogRecord('a', logging.INFO, 'f', 1, text,
                                               None, None))
            handler.close()
            for name in sorted(os.listdir(folder)):
                suffix = name[len('run.log'):] or '-'
                with open(os.path.join(folder, name)) as file:
                    golden.write(f'file {suffix} {" ".join(file.read().split())}\n')

with open(os.path.join(FOLDER, 'rank_log_path_golden.txt'), 'w') as golden:
    count = 0
    for path in ['run.log', 'logs/run.log', 'a.b/run', 'run.tar.gz', 'a/.log',
                 'a/..log', 'run.']:
        for host, device, rank in [('me@host', 0, 3), ('', 2, 0)]:
            count += 1
            name = 'mmengine.logging.logger.'
            with tempfile.TemporaryDirectory() as folder, \
                    mock.patch(name + '_get_rank', return_value=rank), \
                    mock.patch(name + '_get_world_size', return_value=4), \
                    mock.patch(name + '_get_device_id', return_value=device), \
                    mock.patch(name + '_get_host_info', return_value=host):
                whole = os.path.join(folder, path)
                os.makedirs(os.path.dirname(whole), exist_ok=True)
                logger = MMLogger(f'logger{count}', log_file=whole,
                                  distributed=True)
                result = os.path.relpath(logger.log_file, folder)
            golden.write(f'{path} {host or "-"} {device} {rank} {result}\n')
