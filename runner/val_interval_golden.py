"""When mmengine's loops validate -> val_interval_golden.txt.

A line a case: val_begin, val_interval, the dynamic intervals as
milestone:interval, and the epochs of 20 after which validation is due.
Remade by:
  python runner/val_interval_golden.py > runner/val_interval_golden.txt
Made with mmengine 0.9.1.
"""
import bisect

from mmengine.runner.utils import calc_dynamic_intervals

CASES = [
    (1, 1, []),
    (1, 3, []),
    (5, 1, []),
    (4, 3, []),
    (1, 5, [(11, 2)]),
    (1, 4, [(5, 1), (9, 6)]),
    (7, 2, [(2, 3), (15, 1)]),
    (0, 2, []),
]
for begin, interval, dynamic in CASES:
    milestones, intervals = calc_dynamic_intervals(interval, dynamic or None)
    due = []
    for epoch in range(1, 21):
        now = intervals[bisect.bisect(milestones, epoch + 1) - 1]
        if epoch >= begin and epoch % now == 0:
            due.append(epoch)
    print(begin, interval,
          ','.join(f'{m}:{i}' for m, i in dynamic) or '-',
          ','.join(map(str, due)))
