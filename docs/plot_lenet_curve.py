"""Draws docs/lenet_curve.png from a run's scalars.json (needs matplotlib):

  python docs/plot_lenet_curve.py work_dirs/lenet/*/vis_data/scalars.json
"""
import json
import sys

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt

records = [json.loads(line) for line in open(sys.argv[1])]
train = [r for r in records if 'lr' in r]
val = [r for r in records if 'accuracy/top1' in r]
per_epoch = train[-1]['step'] / len(val)

figure, loss_axes = plt.subplots(figsize=(8, 3.2), dpi=110)
loss_axes.plot([r['step'] / per_epoch for r in train],
               [r['loss'] for r in train], color='#c0504d', label='train loss')
loss_axes.set_yscale('log')
loss_axes.set_xlabel('epoch')
loss_axes.set_ylabel('loss')
accuracy_axes = loss_axes.twinx()
accuracy_axes.plot(range(1, len(val) + 1), [r['accuracy/top1'] for r in val],
                   'o-', color='#1f5f8b', label='validation accuracy')
accuracy_axes.set_ylabel('accuracy')
figure.legend(loc='upper center', ncol=2, frameon=False)
figure.tight_layout(rect=(0, 0, 1, 0.93))
figure.savefig('docs/lenet_curve.png')
