"""Loading and dumping a config of 400 leaves with three bases, against mmengine.

  config_load.py OURS

OURS reads the files that this script writes and prints "CASE SECONDS"; so does
the script with mmengine, in its own process. Each case is the best of many.
"""
import os
import pprint
import subprocess
import sys
import tempfile
import time
import warnings

import yaml
from mmengine.config import Config

warnings.filterwarnings('ignore')
SECONDS = 2.0


def stage(i):
    """Ten leaves, as a detector's config has them."""
    return dict(
        type=f'ResLayer{i}', in_channels=64 * (i + 1), out_channels=256,
        strides=[1, 2], norm_cfg=dict(type='SyncBN', requires_grad=True),
        act_cfg=dict(type='ReLU'), dropout=0.1, with_cp=False, init_cfg=None)


def transform(i):
    """Six leaves."""
    return dict(type=f'RandomResize{i}', scale=[1333, 800], keep_ratio=True,
                prob=0.5, backend='cv2')


def files():
    """The config and its bases: 400 leaves."""
    model = dict(model=dict(
        type='FasterRCNN',
        **{f'stage_{i}': stage(i) for i in range(19)}))
    data = dict(
        data_root='data/coco/',
        train_pipeline=[transform(i) for i in range(12)],
        test_pipeline=[transform(i) for i in range(8)])
    runtime = dict(
        default_hooks={f'hook_{i}': dict(type=f'Hook{i}', interval=i)
                       for i in range(23)},
        log_level='INFO', load_from=None, resume=False)
    child = dict(
        model=dict(stage_0=dict(out_channels=512, dropout=0.2)),
        optim_wrapper=dict(
            type='OptimWrapper',
            optimizer=dict(type='SGD', lr=0.02, momentum=0.9,
                           weight_decay=0.0001)),
        param_scheduler=[
            dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0,
                 end=500),
            dict(type='MultiStepLR', begin=0, end=12, by_epoch=True,
                 milestones=[8, 11], gamma=0.1)],
        train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=12),
        work_dir='work_dirs/faster_rcnn')
    return dict(model=model, data=data, runtime=runtime), child


def num_leaves(value):
    if isinstance(value, dict):
        return sum(map(num_leaves, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(num_leaves, value))
    return 1


def write(folder):
    """Paths of the config as .yaml and as .py."""
    bases, child = files()
    for name, content in bases.items():
        with open(f'{folder}/{name}.yaml', 'w') as file:
            yaml.safe_dump(content, file, sort_keys=False)
        with open(f'{folder}/{name}.py', 'w') as file:
            for key, value in content.items():
                file.write(f'{key} = {pprint.pformat(value)}\n')
    with open(f'{folder}/config.yaml', 'w') as file:
        yaml.safe_dump(dict(_base_=[f'{name}.yaml' for name in bases], **child),
                       file, sort_keys=False)
    with open(f'{folder}/config.py', 'w') as file:
        file.write(f'_base_ = {[name + ".py" for name in bases]}\n')
        for key, value in child.items():
            file.write(f'{key} = {pprint.pformat(value)}\n')
    return f'{folder}/config.yaml', f'{folder}/config.py'


def best(function):
    """Seconds of the fastest call."""
    fastest = float('inf')
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begin = time.perf_counter()
        function()
        fastest = min(fastest, time.perf_counter() - begin)
    return fastest


def peer(yaml_path, py_path):
    yaml_config = Config.fromfile(yaml_path)
    py_config = Config.fromfile(py_path)
    return {
        'yaml': best(lambda: Config.fromfile(yaml_path)),
        'py': best(lambda: Config.fromfile(py_path)),
        'dump_yaml': best(yaml_config.dump),
        'dump_py': best(lambda: py_config.pretty_text),
    }


def main(ours):
    with tempfile.TemporaryDirectory() as folder:
        paths = write(folder)
        leaves = num_leaves(Config.fromfile(paths[0]).to_dict())
        assert leaves == 400, leaves
        output = subprocess.run([ours, *paths], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        peer_times = peer(*paths)
    ours_times = {case: float(seconds) for case, seconds in
                  (line.split() for line in output.splitlines())}
    for case in peer_times:
        ratio = ours_times[case] / peer_times[case]
        print(f'figure: config_load/{case} ours={ours_times[case] * 1e3:.3f}ms '
              f'peer={peer_times[case] * 1e3:.2f}ms ratio={ratio:.4f}')


if __name__ == '__main__':
    main(*sys.argv[1:])
