"""The points at which mmengine's loops call hooks -> loop_golden.txt.

Remade by:  python runner/loop_golden.py > runner/loop_golden.txt
Made with mmengine 0.9.1 and torch 2.11.0.
"""
import logging
import tempfile

import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner

POINTS = [
    'before_run', 'before_train', 'before_train_epoch', 'before_train_iter',
    'after_train_iter', 'after_train_epoch', 'before_val', 'before_val_epoch',
    'before_val_iter', 'after_val_iter', 'after_val_epoch', 'after_val',
    'after_train', 'before_test', 'before_test_epoch', 'before_test_iter',
    'after_test_iter', 'after_test_epoch', 'after_test', 'after_run',
]


class Recorder(Hook):
    def __init__(self):
        self.points = []


def record(point):
    def call(self, runner, *args, **kwargs):
        words = [point]
        if point.endswith('_iter'):
            words.append(str(kwargs.get('batch_idx', args[0] if args else '')))
        words.append(f'at {runner.epoch}:{runner.iter}')
        self.points.append(' '.join(words))
    return call


for name in POINTS:
    setattr(Recorder, name, record(name))


class Model(BaseModel):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(4, 3)

    def forward(self, inputs, labels, mode='tensor'):
        out = self.fc(inputs)
        if mode == 'loss':
            return {'loss': torch.nn.functional.cross_entropy(out, labels)}
        return [out]


class Metric(BaseMetric):
    default_prefix = 'm'

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return {'zero': 0.0}


class Data(torch.utils.data.Dataset):
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return {'inputs': torch.ones(4), 'labels': index % 3}


def loader(size, batch_size, shuffle):
    return dict(dataset=Data(size), batch_size=batch_size, num_workers=0,
                sampler=dict(type='DefaultSampler', shuffle=shuffle),
                collate_fn=dict(type='default_collate'))


def run(name, train_cfg):
    recorder = Recorder()
    runner = Runner(
        model=Model(), work_dir=tempfile.mkdtemp(),
        train_dataloader=loader(6, 3, True), train_cfg=train_cfg,
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        val_dataloader=loader(4, 4, False), val_cfg=dict(),
        val_evaluator=[Metric()],
        test_dataloader=loader(4, 2, False), test_cfg=dict(),
        test_evaluator=[Metric()],
        default_hooks=dict(runtime_info=None, timer=None, sampler_seed=None,
                           logger=None, param_scheduler=None, checkpoint=None),
        custom_hooks=[recorder], log_level=logging.ERROR)
    for mode in ('train', 'val', 'test'):
        recorder.points.clear()
        if mode != 'train' and name != 'epochs':
            continue
        getattr(runner, mode)()
        print(f'[{name if mode == "train" else mode}]')
        print('\n'.join(recorder.points))


run('epochs', dict(by_epoch=True, max_epochs=3, val_begin=2, val_interval=1))
run('intervals', dict(by_epoch=True, max_epochs=6, val_interval=3,
                      dynamic_intervals=[(5, 1)]))
run('iterations', dict(by_epoch=False, max_iters=5, val_interval=2))
