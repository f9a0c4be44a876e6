"""Seconds that logging_cost_ours.cc's calls take with mmengine."""
import os
import sys
import tempfile
import time

from mmengine.logging import HistoryBuffer, MessageHub, MMLogger

ROUNDS = 3


def seconds(count, call):
    best = float('inf')
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for i in range(count):
            call(i)
        best = min(best, time.perf_counter() - begin)
    return best / count


history = HistoryBuffer()
print(f'history_update {seconds(20000, lambda i: history.update(0.5 * i))}')
hub = MessageHub.get_instance('benchmark')
print('hub_scalar',
      seconds(20000, lambda i: hub.update_scalar('train/loss', 0.5 * i)))
with tempfile.TemporaryDirectory() as folder, open(os.devnull, 'w') as nowhere:
    shown, sys.stdout = sys.stdout, nowhere
    logger = MMLogger.get_instance('benchmark',
                                   log_file=os.path.join(folder, 'run.log'))
    due = seconds(10000, lambda i: logger.info(
        'Epoch(train) [1][%s/20000]  loss: 0.1234', i))
    not_due = seconds(100000, lambda i: logger.debug(
        'Epoch(train) [1][%s/20000]  loss: 0.1234', i))
    sys.stdout = shown
print(f'line_due {due}')
print(f'line_not_due {not_due}')
