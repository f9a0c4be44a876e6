"""Writes checkpoint_hook_golden.txt and best_checkpoint_rule_golden.txt: what
mmengine 0.9.1's CheckpointHook saves, keeps and logs.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python hooks/checkpoint_hook_golden.py

checkpoint_hook_golden.txt: a case a line, JSON. A run of `epochs` epochs of
`iters` iterations, with a validation after each epoch that gives `metrics`
(a dict an epoch; none: no validation). With `resume` the run is started again
from that file, once it has gone through. `log`, `saves` (file, epoch,
iter, whether it holds the optimizer, whether schedulers), `files`,
`last_checkpoint` and `info` of the message hub are what it does; paths are
written without the work directory.

best_checkpoint_rule_golden.txt: `METRIC RULE`, RULE "none" where mmengine asks
for one.
"""
import copy
import json
import os
import tempfile
from types import SimpleNamespace

from mmengine.hooks import CheckpointHook
from mmengine.logging import MessageHub

FOLDER = os.path.dirname(os.path.abspath(__file__))
INFO = ['keep_ckpt_ids', 'last_ckpt', 'best_score', 'best_ckpt']


def fake_run(name, work_dir, epochs, iters):
    run = SimpleNamespace(
        epoch=0, iter=0, max_epochs=epochs, max_iters=epochs * iters,
        work_dir=work_dir, message_hub=MessageHub.get_instance(name), log=[],
        saves=[], hubs={})
    add = lambda text: run.log.append(text.replace(work_dir, 'WORK'))
    run.logger = SimpleNamespace(info=add, warning=add)

    def save_checkpoint(out_dir, filename, file_client_args=None,
                        save_optimizer=True, save_param_scheduler=True,
                        meta=None, by_epoch=True, backend_args=None):
        os.makedirs(out_dir, exist_ok=True)
        with open(os.path.join(out_dir, filename), 'w'):
            pass
        run.saves.append([filename, meta['epoch'], meta['iter'],
                          save_optimizer, save_param_scheduler])
        run.hubs[filename] = (
            meta['epoch'], meta['iter'],
            copy.deepcopy(run.message_hub.runtime_info))

    run.save_checkpoint = save_checkpoint
    return run


def drive(hook, run, iters, metrics):
    hook.before_train(run)
    while run.epoch < run.max_epochs:
        for batch_idx in range(iters):
            hook.after_train_iter(run, batch_idx)
            run.iter += 1
        hook.after_train_epoch(run)
        run.epoch += 1
        if metrics:
            hook.after_val_epoch(run, metrics[run.epoch - 1])
    hook.after_train(run)


def case(name, epochs, iters=2, metrics=None, resume=None, **config):
    with tempfile.TemporaryDirectory() as work_dir:
        run = fake_run(name, work_dir, epochs, iters)
        drive(CheckpointHook(**config), run, iters, metrics)
        if resume is not None:
            hubs = run.hubs
            run = fake_run(name + '_resumed', work_dir, epochs, iters)
            run.epoch, run.iter, info = hubs[resume]
            run.message_hub.update_info_dict(info)
            drive(CheckpointHook(**config), run, iters, metrics)
        files = sorted(os.listdir(work_dir))
        last = None
        if 'last_checkpoint' in files:
            files.remove('last_checkpoint')
            with open(os.path.join(work_dir, 'last_checkpoint')) as file:
                last = file.read().replace(work_dir, 'WORK')
        info = {
            key: json.dumps(value).replace(work_dir, 'WORK')
            for key, value in run.message_hub.runtime_info.items()
            if any(key.startswith(known) for known in INFO)
        }
        # As texts: JSON has no NaN.
        texts = [{key: repr(value) for key, value in epoch.items()}
                 for epoch in metrics or []]
        return json.dumps(dict(
            name=name, epochs=epochs, iters=iters, metrics=texts,
            resume=resume, config=as_message(config), log=run.log,
            saves=run.saves,
            files=files, last_checkpoint=last, info=info))


def as_message(config):
    lists = ['save_best', 'rule', 'greater_keys', 'less_keys']
    return {key: [value] if key in lists and isinstance(value, str) else value
            for key, value in config.items()}


def of(name, *values):
    return [{name: value} for value in values]


ACC = of('accuracy/top1', 50.0, 70.0, 60.0, 80.0)
NAN = float('nan')
BOTH = [{'acc': 50.0, 'loss': 1.0}, {'acc': 60.0, 'loss': 2.0},
        {'acc': 40.0, 'loss': 0.5}]
CASES = [
    case('Defaults', 3),
    case('EveryEpoch', 3, interval=1),
    case('EverySecondEpoch', 5, interval=2),
    case('EverySecondEpochNotTheLast', 5, interval=2, save_last=False),
    case('NoIntervalNotTheLast', 3, save_last=False),
    case('ZeroInterval', 2, interval=0),
    case('FromTheThirdEpoch', 6, interval=2, save_begin=3),
    case('ByIter', 2, iters=4, interval=3, by_epoch=False),
    case('ByIterNotTheLast', 2, iters=4, interval=3, by_epoch=False,
         save_last=False),
    case('ByIterFromTheFifth', 3, iters=3, interval=3, by_epoch=False,
         save_begin=5),
    case('KeepTwo', 5, interval=1, max_keep_ckpts=2),
    case('KeepOne', 4, interval=1, max_keep_ckpts=1),
    case('KeepOneByIter', 2, iters=4, interval=3, by_epoch=False,
         max_keep_ckpts=1),
    case('KeepMoreThanThereAre', 3, interval=1, max_keep_ckpts=9),
    case('KeepTwoResumed', 6, interval=1, max_keep_ckpts=2,
         resume='epoch_5.pth'),
    case('WithoutOptimizer', 2, interval=1, save_optimizer=False,
         save_param_scheduler=False),
    case('Template', 2, interval=1, filename_tmpl='lenet-{}.pth'),
    case('BestOfOne', 4, interval=1, save_best='accuracy/top1', metrics=ACC),
    case('BestAuto', 4, interval=1, save_best='auto', metrics=ACC),
    case('BestAutoLess', 4, interval=1, save_best='auto', rule='less',
         metrics=ACC),
    case('BestByIter', 4, interval=2, by_epoch=False, save_best='auto',
         metrics=ACC),
    case('BestBetweenIntervals', 4, interval=3, save_best='accuracy/top1',
         metrics=of('accuracy/top1', 50.0, 40.0, 30.0, 80.0)),
    case('BestBetweenIntervalsLater', 7, interval=3, save_last=False,
         save_best='accuracy/top1',
         metrics=of('accuracy/top1', 9.0, 8.0, 7.0, 80.0, 6.0, 5.0, 4.0)),
    case('BestKeepsOne', 4, interval=1, max_keep_ckpts=1, save_best='auto',
         metrics=ACC),
    case('BestKeepsTwoOfIntervals', 6, interval=2, max_keep_ckpts=2,
         save_best='auto',
         metrics=of('acc', 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    case('BestWithoutOthers', 3, save_last=False, save_best='auto',
         metrics=ACC),
    case('BestOfTwo', 3, interval=1, save_best=['acc', 'loss'], metrics=BOTH),
    case('BestOfTwoOneRule', 3, interval=1, save_best=['acc', 'loss'],
         rule='greater', metrics=BOTH),
    case('BestOfTwoTwoRules', 3, interval=1, save_best=['acc', 'loss'],
         rule=['less', 'greater'], metrics=BOTH),
    case('BestByOwnKeys', 3, interval=1, save_best='f1', greater_keys=['F1'],
         metrics=of('f1', 1.0, 3.0, 2.0)),
    case('BestByOwnLessKeys', 3, interval=1, save_best='wer',
         less_keys=['er'], metrics=of('wer', 1.0, 3.0, 0.5)),
    case('BestEqualIsNoBetter', 3, interval=1, save_best='acc',
         metrics=of('acc', 1.0, 1.0, 1.0)),
    case('BestNaN', 4, interval=1, save_best='acc',
         metrics=of('acc', NAN, 1.0, NAN, 2.0)),
    case('BestNothingButNaN', 2, interval=1, save_best='loss',
         metrics=of('loss', NAN, NAN)),
    case('BestOfInfinities', 3, interval=1, save_best='loss',
         metrics=of('loss', float('inf'), float('-inf'), 0.0)),
    case('BestResumed', 6, interval=1, save_best='acc', resume='epoch_4.pth',
         metrics=of('acc', 1.0, 9.0, 2.0, 3.0, 8.0, 10.0)),
    case('BestResumedAtTheBest', 3, interval=1, save_best='acc',
         resume='epoch_2.pth', metrics=of('acc', 1.0, 9.0, 2.0)),
    case('BestOfTwoResumed', 3, interval=1, save_best=['acc', 'loss'],
         resume='epoch_2.pth', metrics=BOTH),
]
with open(os.path.join(FOLDER, 'checkpoint_hook_golden.txt'), 'w') as golden:
    golden.write('\n'.join(CASES) + '\n')

METRICS = [
    'acc', 'ACC', 'accuracy/top1', 'top5', 'AR@100', 'ar@1', 'auc', 'ROC_AUC',
    'precision', 'coco/bbox_mAP', 'map', 'mDice', 'mIoU', 'MIOU', 'mAcc',
    'aAcc', 'loss', 'LOSS', 'val_loss', 'acc_loss', 'stop', 'mAE', 'f1',
    'recall', 'FID', '',
]
path = os.path.join(FOLDER, 'best_checkpoint_rule_golden.txt')
with open(path, 'w') as golden:
    for metric in METRICS:
        try:
            rule = CheckpointHook(save_best=metric).rules[0]
        except ValueError:
            rule = 'none'
        golden.write(f'{metric} {rule}\n')
