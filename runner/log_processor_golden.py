"""Writes log_processor_golden.txt and logger_hook_golden.txt: what mmengine
0.9.1's LogProcessor, LoggerHook and LocalVisBackend make of given numbers.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python runner/log_processor_golden.py

log_processor_golden.txt: a case a line, JSON. `config` is the LogProcessor's;
`run` the clock and the lengths; `scalars` the histories, oldest value first;
`line` what is logged and `record` the line of scalars.json for step 7.

logger_hook_golden.txt: the log (`log TEXT`) and scalars.json (`record JSON`) of
the run that drive() makes.
"""
import json
import os
import tempfile
from types import SimpleNamespace

from mmengine.hooks import LoggerHook
from mmengine.logging import MessageHub
from mmengine.runner import LogProcessor
from mmengine.runner import log_processor as log_processor_module
from mmengine.visualization import LocalVisBackend

FOLDER = os.path.dirname(os.path.abspath(__file__))
RUN = dict(epoch=0, iter=49, max_epochs=10, max_iters=1330, train=133, val=24,
           test=5, trains=True)
TRAIN = {
    'train/lr': '0.02',
    'train/data_time': '0.001 0.0002 0.0003',
    'train/loss': '2.5 2.25 0.123456',
    'train/time': '0.0041 0.004 0.0061',
}
VAL = {
    'val/data_time': '0.5 0.001 0.002 0.003',
    'val/time': '1.5 0.01 0.02 0.03',
    'val/accuracy/top1': '10.0 98.76543',
    'val/loss': '0.25',
}
TEST = {'test/data_time': '0.5', 'test/time': '0.25', 'test/mIoU': '55.5'}


def fake_run(run, hub, processor=None):
    loop = lambda size: SimpleNamespace(dataloader=list(range(size)))
    return SimpleNamespace(
        epoch=run['epoch'], iter=run['iter'], max_epochs=run['max_epochs'],
        max_iters=run['max_iters'], message_hub=hub, model=None,
        train_loop=loop(run['train']), val_loop=loop(run['val']),
        test_loop=loop(run['test']), log_processor=processor,
        train_dataloader=list(range(run['train'])),
        val_dataloader=list(range(run['val'])),
        test_dataloader=list(range(run['test'])),
        _train_loop=loop(run['train']) if run['trains'] else None)


def record_line(tag, step):
    with tempfile.TemporaryDirectory() as folder:
        LocalVisBackend(folder).add_scalars(tag, step=step)
        with open(os.path.join(folder, 'scalars.json')) as file:
            return file.read().rstrip('\n')


def case(name, call, mode, batch_idx, scalars, eta=None, memory=None,
         config=None, **run):
    run = {**RUN, **run}
    config = {'by_epoch': True, **(config or {})}
    hub = MessageHub.get_instance(name)
    for key, values in scalars.items():
        for value in values.split():
            hub.update_scalar(key, float(value))
    if eta is not None:
        hub.update_info('eta', eta)
    log_processor_module.is_cuda_available = lambda: memory is not None
    log_processor_module.get_max_cuda_memory = lambda device: memory
    processor = LogProcessor(**config)
    fn = getattr(processor, 'get_log_' + call)
    tag, line = fn(fake_run(run, hub), batch_idx, mode)
    return json.dumps(dict(
        name=name, call=call, mode=mode, batch_idx=batch_idx, config=config,
        run=run, scalars=list(scalars.items()), eta=eta, memory=memory,
        line=line, record=record_line(tag, 7)))


def loss(method, window=None, name=None):
    custom = dict(data_src='loss', method_name=method)
    if window is not None:
        custom['window_size'] = window
    if name is not None:
        custom['log_name'] = name
    return {'custom_cfg': [custom]}


LOSSES = {'train/loss': ' '.join(str(1 / (i + 1)) for i in range(40))}
ITER = dict(config={'by_epoch': False}, max_epochs=1, max_iters=2000)
CASES = [
    case('TrainByEpoch', 'after_iter', 'train', 49, TRAIN, eta=21.7),
    case('TrainLastEpoch', 'after_iter', 'train', 132, TRAIN, eta=0.0,
         epoch=9, iter=1329),
    case('TrainOneEpoch', 'after_iter', 'train', 0, TRAIN, eta=9.0,
         max_epochs=1),
    case('TrainHundredsOfEpochs', 'after_iter', 'train', 4, TRAIN, eta=9.0,
         epoch=7, max_epochs=300),
    case('TrainNineOfNine', 'after_iter', 'train', 8, TRAIN, eta=0.0, train=9),
    case('TrainFirstOfThousands', 'after_iter', 'train', 0, TRAIN, eta=7.0,
         train=12345),
    case('TrainByIter', 'after_iter', 'train', 49, TRAIN, eta=61.0, **ITER),
    case('TrainByIterLast', 'after_iter', 'train', 1999, TRAIN, eta=0.0,
         iter=1999, **ITER),
    case('EtaOfHours', 'after_iter', 'train', 49, TRAIN, eta=3599.99),
    case('EtaOfOneDay', 'after_iter', 'train', 49, TRAIN, eta=86400 + 3723.0),
    case('EtaOfDays', 'after_iter', 'train', 49, TRAIN, eta=12 * 86400.0),
    case('EtaBelowZero', 'after_iter', 'train', 49, TRAIN, eta=-5.5),
    case('NoEta', 'after_iter', 'train', 49, TRAIN),
    case('NoTimes', 'after_iter', 'train', 49, LOSSES, eta=1.0),
    case('OneTimeOnly', 'after_iter', 'train', 49,
         {'train/time': '0.5', 'train/loss': '1.0'}, eta=1.0),
    case('Nothing', 'after_iter', 'train', 49, {}),
    case('GradNorm', 'after_iter', 'train', 49,
         {'train/lr': '0.1', 'train/data_time': '0.5',
          'train/grad_norm': '1.5 2.5', 'train/loss': '1.0',
          'train/loss_cls': '0.75', 'train/acc': '50.0 75.0',
          'train/time': '1.0'}, eta=1.0),
    case('RatesOfSeveralOptimizers', 'after_iter', 'train', 49,
         {'train/generator.lr': '0.001', 'train/discriminator.lr': '2e-05',
          'train/loss': '1.0'}),
    case('BaseRate', 'after_iter', 'train', 49,
         {'train/base_lr': '0.1', 'train/lr': '0.01 0.0123456789'}),
    case('Memory', 'after_iter', 'train', 49, TRAIN, eta=2.0, memory=1234),
    case('NoMemoryUsed', 'after_iter', 'train', 49, TRAIN, eta=2.0, memory=0),
    case('NotANumber', 'after_iter', 'train', 49,
         {'train/lr': 'nan', 'train/loss': '1.0 -nan', 'train/acc': '-inf',
          'train/max_loss': 'inf'}),
    case('LargeAndSmall', 'after_iter', 'train', 49,
         {'train/lr': '1e-300', 'train/loss': '1e17', 'train/acc': '-0.0',
          'train/loss_b': '1e-07'}),
    case('WindowOfTen', 'after_iter', 'train', 39, LOSSES, iter=39),
    case('WindowOfThree', 'after_iter', 'train', 39, LOSSES, iter=39,
         config={'window_size': 3}),
    case('TwoDigits', 'after_iter', 'train', 49, TRAIN, eta=2.0,
         config={'num_digits': 2}),
    case('NoDigits', 'after_iter', 'train', 49, TRAIN, eta=2.0,
         config={'num_digits': 0}),
    case('OwnMeanPattern', 'after_iter', 'train', 49,
         {'train/acc': '50.0 100.0', 'train/loss': '1.0 2.0'},
         config={'mean_pattern': 'acc'}),
    case('MeanPatternOfTheWholeName', 'after_iter', 'train', 49,
         {'train/acc': '50.0 100.0'},
         config={'mean_pattern': '^acc$', 'log_with_hierarchy': True}),
    case('CustomMean', 'after_iter', 'train', 39, LOSSES, iter=39,
         config=loss('mean', 2)),
    case('CustomNoWindow', 'after_iter', 'train', 39, LOSSES, iter=39,
         config=loss('mean')),
    case('CustomMax', 'after_iter', 'train', 39, LOSSES, iter=39,
         config=loss('max', 5)),
    case('CustomMin', 'after_iter', 'train', 39, LOSSES, iter=39,
         config=loss('min', 5)),
    case('CustomCurrent', 'after_iter', 'train', 39, LOSSES, iter=39,
         config=loss('current')),
    case('CustomNamed', 'after_iter', 'train', 39, LOSSES, iter=39,
         config=loss('max', 5, 'loss_max')),
    case('CustomEpoch', 'after_iter', 'train', 3, LOSSES, iter=39,
         config=loss('mean', 'epoch', 'loss_epoch')),
    case('CustomGlobal', 'after_iter', 'train', 3, LOSSES, iter=29,
         config=loss('mean', 'global', 'loss_global')),
    case('CustomTwice', 'after_iter', 'train', 3, LOSSES, iter=39,
         config={'custom_cfg': [
             dict(data_src='loss', method_name='mean', window_size='global'),
             dict(data_src='loss', log_name='loss_min', method_name='min',
                  window_size='epoch')]}),
    case('CustomOfNothing', 'after_iter', 'train', 3, TRAIN, eta=1.0,
         config={'custom_cfg': [
             dict(data_src='acc', method_name='mean', window_size=3)]}),
    case('Hierarchy', 'after_iter', 'train', 49, TRAIN, eta=21.0,
         config={'log_with_hierarchy': True}),
    case('HierarchyCustom', 'after_iter', 'train', 3, LOSSES, iter=39,
         config={'log_with_hierarchy': True,
                 **loss('max', 'epoch', 'loss_max')}),
    case('HierarchyVal', 'after_epoch', 'val', 24, VAL, epoch=3,
         config={'log_with_hierarchy': True}),
    case('ValIter', 'after_iter', 'val', 4, VAL, eta=2.0, epoch=3),
    case('ValIterOfHundredsOfEpochs', 'after_iter', 'val', 4, VAL, eta=2.0,
         epoch=3, max_epochs=300),
    case('ValIterByIter', 'after_iter', 'val', 4, VAL, eta=2.0, **ITER),
    case('ValIterAlone', 'after_iter', 'val', 4, VAL, eta=2.0, epoch=0,
         iter=0, max_epochs=0, max_iters=0, trains=False),
    case('ValEpoch', 'after_epoch', 'val', 24, VAL, epoch=3),
    case('ValEpochTimesOverTheLoop', 'after_epoch', 'val', 2, VAL, val=2,
         epoch=3),
    case('ValEpochOwnTimes', 'after_epoch', 'val', 2, VAL, val=2, epoch=3,
         config={'custom_cfg': [
             dict(data_src='time', method_name='max', window_size=2)]}),
    case('ValEpochByIter', 'after_epoch', 'val', 24, VAL, **ITER),
    case('ValEpochAlone', 'after_epoch', 'val', 24, VAL, epoch=0, iter=0,
         max_epochs=0, max_iters=0, trains=False),
    case('ValEpochNothing', 'after_epoch', 'val', 24, {}, epoch=3),
    case('TestIter', 'after_iter', 'test', 2, TEST, eta=2.0, epoch=0, iter=0,
         max_epochs=0, max_iters=0, trains=False),
    case('TestIterByIter', 'after_iter', 'test', 2, TEST, eta=2.0, **ITER),
    case('TestEpoch', 'after_epoch', 'test', 5, TEST, epoch=0, iter=0,
         max_epochs=0, max_iters=0, trains=False),
    case('TestEpochByIter', 'after_epoch', 'test', 5, TEST, **ITER),
]
with open(os.path.join(FOLDER, 'log_processor_golden.txt'), 'w') as golden:
    golden.write('\n'.join(CASES) + '\n')


def drive(hook, run, hub):
    """Two epochs of 7 iterations, a validation of 4 after each, a test of 3."""
    hook.before_run(run)
    for run.epoch in range(2):
        for batch_idx in range(7):
            hub.update_scalar('train/lr', 0.1 / (run.epoch + 1))
            hub.update_scalar('train/data_time', 0.001 * (batch_idx + 1))
            hub.update_scalar('train/loss', 1 / (run.iter + 1))
            hub.update_scalar('train/time', 0.01 * (batch_idx + 1))
            hub.update_info('eta', 10.0 * (13 - run.iter))
            hook.after_train_iter(run, batch_idx)
            run.iter += 1
        run.epoch += 1
        for batch_idx in range(4):
            hub.update_scalar('val/data_time', 0.002)
            hub.update_scalar('val/time', 0.02 * (batch_idx + 1))
            hub.update_info('eta', 1.0 * (3 - batch_idx))
            hook.after_val_iter(run, batch_idx)
        hub.update_scalar('val/accuracy/top1', 90.0 + run.epoch)
        hook.after_val_epoch(run, {})
    for batch_idx in range(3):
        hub.update_scalar('test/data_time', 0.002)
        hub.update_scalar('test/time', 0.03)
        hub.update_info('eta', 1.0 * (2 - batch_idx))
        hook.after_test_iter(run, batch_idx)
    hub.update_scalar('test/accuracy/top1', 91.5)
    hook.after_test_epoch(run, {})
    hook.after_run(run)


def logger_hook(name, golden, **config):
    log_processor_module.is_cuda_available = lambda: False
    hub = MessageHub.get_instance(name)
    run = fake_run({**RUN, 'iter': 0, 'max_epochs': 2, 'max_iters': 14,
                    'train': 7, 'val': 4, 'test': 3}, hub, LogProcessor())
    golden.write(f'case {name}\n')
    with tempfile.TemporaryDirectory() as folder:
        run.logger = SimpleNamespace(
            info=lambda text: golden.write(f'log {text}\n'))
        backend = LocalVisBackend(os.path.join(folder, 'vis_data'))
        run.visualizer = SimpleNamespace(
            add_scalars=lambda tag, step, file_path: backend.add_scalars(
                tag, step=step),
            close=lambda: None)
        run.experiment_name = 'lenet_20261124_120000'
        run.timestamp = '20261124_120000'
        run.log_dir = folder
        drive(LoggerHook(**config), run, hub)
        with open(os.path.join(folder, 'vis_data', 'scalars.json')) as file:
            for line in file:
                golden.write(f'record {line}')
        with open(os.path.join(folder, '20261124_120000.json')) as file:
            golden.write(f'test {file.read()}\n')


with open(os.path.join(FOLDER, 'logger_hook_golden.txt'), 'w') as golden:
    logger_hook('Interval3', golden, interval=3)
    logger_hook('Interval3AndTheLast', golden, interval=3, ignore_last=False)
    logger_hook('IntervalLongerThanTheEpoch', golden, interval=10)
    logger_hook('ExpNameEvery5', golden, interval=7, interval_exp_name=5,
                log_metric_by_epoch=False)
