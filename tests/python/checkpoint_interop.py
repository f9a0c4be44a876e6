"""Passes checkpoints between Anneal and Python's torch and mmengine, both ways.

Called by checkpoint_interop.sh, in the repository's folder.
"""
import argparse
import glob
import gzip
import json
import os
import re
import subprocess
import sys

import numpy as np
import torch
from mmengine.runner import load_checkpoint
from tensorboard.backend.event_processing.event_accumulator import \
    EventAccumulator
from torch import nn

CONFIG = 'examples/mnist/lenet.yaml'
DATA = 'examples/mnist/data'
# What a sum in another order may change.
LOSS_TOLERANCE = 1e-4


class LeNet(nn.Module):
    """model/lenet.cc in Python."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        x = self.fc2(self.fc1(x.flatten(1)).relu()).relu()
        return self.fc3(x)


def check(holds, what):
    print(('ok: ' if holds else 'FAILED: ') + what, flush=True)
    if not holds:
        sys.exit(1)


def read_idx(name, header):
    with gzip.open(os.path.join(DATA, name)) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def validation_set():
    images = read_idx('t10k-images-idx3-ubyte.gz', 16).reshape(-1, 1, 28, 28)
    labels = read_idx('t10k-labels-idx1-ubyte.gz', 8)
    inputs = (torch.from_numpy(images[8500:].copy()).float() - 33.3) / 78.6
    return inputs, torch.from_numpy(labels[8500:].astype(np.int64))


@torch.no_grad()
def evaluate(model, inputs, labels):
    """Accuracy in [0, 1] and mean loss."""
    scores = model.eval()(inputs)
    loss = nn.functional.cross_entropy(scores, labels).item()
    return (scores.argmax(1) == labels).float().mean().item(), loss


def run(program, *args):
    result = subprocess.run([program, *args], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode:
        print(result.stdout)
    check(result.returncode == 0, f'{os.path.basename(program)} succeeds')
    return result.stdout


def scalars(work_dir):
    """The records of the newest run in work_dir."""
    newest = max(glob.glob(f'{work_dir}/*/vis_data/scalars.json'))
    with open(newest) as file:
        return [json.loads(line) for line in file]


def check_checkpoint(path):
    checkpoint = torch.load(path, weights_only=True)
    check(True, 'torch.load(weights_only=True) opens epoch_1.pth')
    keys = ['meta', 'state_dict', 'message_hub', 'optimizer',
            'param_schedulers']
    check(all(key in checkpoint for key in keys),
          f'it has mmengine\'s keys: {", ".join(keys)}')
    meta = checkpoint['meta']
    # All but mmengine_version, which would not be true.
    wanted = ['epoch', 'iter', 'cfg', 'seed', 'experiment_name', 'time']
    missing = [key for key in wanted if key not in meta]
    check(not missing, f'meta has mmengine\'s keys (missing: {missing})')
    check((meta['epoch'], meta['iter']) == (1, 133),
          'meta says epoch 1, iteration 133')
    hub = checkpoint['message_hub']
    check('log_scalars' in hub and 'runtime_info' in hub,
          'message_hub has log_scalars and runtime_info')
    return checkpoint


def check_model(checkpoint, path, val, inputs, labels):
    model = LeNet()
    model.load_state_dict(checkpoint['state_dict'])
    check(True, 'its state_dict loads into the Python module, strictly')
    accuracy, loss = evaluate(model, inputs, labels)
    check(abs(accuracy - val['accuracy/top1']) < 1e-6,
          f'Python\'s accuracy {accuracy:.4f} is Anneal\'s '
          f'{val["accuracy/top1"]:.4f}')
    check(abs(loss - val['loss']) < LOSS_TOLERANCE,
          f'Python\'s loss {loss:.6f} is Anneal\'s {val["loss"]:.6f}')
    other = LeNet()
    load_checkpoint(other, path, strict=True)
    check(evaluate(other, inputs, labels) == (accuracy, loss),
          'mmengine\'s load_checkpoint loads it to the same outputs')
    return model


def check_optimizer(checkpoint, model, inputs, labels):
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.1)
    optimizer.load_state_dict(checkpoint['optimizer'])
    group = optimizer.param_groups[0]
    check(group['momentum'] == 0.9, 'its optimizer loads into torch.optim.SGD')
    buffers = [optimizer.state[p]['momentum_buffer']
               for p in model.parameters()]
    check(all(b.shape == p.shape and b.abs().sum() > 0
              for b, p in zip(buffers, model.parameters())),
          'each parameter has its momentum buffer')
    before = [b.clone() for b in buffers]
    nn.functional.cross_entropy(model.train()(inputs), labels).backward()
    optimizer.step()
    check(all(torch.allclose(b, 0.9 * old + p.grad) for b, old, p in
              zip(buffers, before, model.parameters())),
          'a step in Python goes on from them')


def check_events(work_dir):
    folder = max(glob.glob(f'{work_dir}/*/vis_data'))
    events = EventAccumulator(folder)
    events.Reload()
    tags = events.Tags()['scalars']
    check('loss' in tags and 'accuracy/top1' in tags,
          f'TensorBoard opens the events: {", ".join(sorted(tags))}')
    logged = [r for r in scalars(work_dir) if 'lr' in r]
    losses = [event.value for event in events.Scalars('loss')]
    check(np.allclose(losses[:len(logged)],
                      [r['loss'] for r in logged]) and len(losses) > 0,
          'they hold the losses of scalars.json')


def check_load_from(args, model, inputs, labels):
    """Weights that only Python has seen, by every way to save them."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * parameter.std() * torch.randn_like(parameter)
    accuracy, _ = evaluate(model, inputs, labels)
    plain = model.state_dict()
    wrapped = nn.DataParallel(model).state_dict()
    check(all(key.startswith('module.') for key in wrapped),
          f'Python\'s own weights have accuracy {accuracy:.4f}')
    for what, content in [('state_dict', plain),
                          ('checkpoint', {'state_dict': plain}),
                          ('DataParallel\'s state_dict', wrapped)]:
        for form, is_zip in [('zip', True), ('legacy', False)]:
            path = os.path.join(args.work_dir, 'from_python.pth')
            torch.save(content, path, _use_new_zipfile_serialization=is_zip)
            output = run(args.test, CONFIG, path, '--work-dir',
                         os.path.join(args.work_dir, 'test'))
            found = re.findall(r'accuracy/top1: ([0-9.]+)', output)
            check(found and abs(float(found[-1]) - accuracy) < 1e-4,
                  f'//tools:test of Python\'s {what} ({form}) has accuracy '
                  f'{found[-1] if found else "none"}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--train', required=True)
    parser.add_argument('--test', required=True)
    parser.add_argument('--work-dir', required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    inputs, labels = validation_set()
    train_dir = os.path.join(args.work_dir, 'train')
    run(args.train, CONFIG, '--work-dir', train_dir, '--cfg-options',
        'train_cfg.max_epochs=1')
    path = os.path.join(train_dir, 'epoch_1.pth')
    checkpoint = check_checkpoint(path)
    val = [r for r in scalars(train_dir) if 'accuracy/top1' in r][-1]
    model = check_model(checkpoint, path, val, inputs, labels)
    check_events(train_dir)
    check_load_from(args, model, inputs, labels)
    model.load_state_dict(checkpoint['state_dict'])
    check_optimizer(checkpoint, model, inputs, labels)
    print('all checks passed')


if __name__ == '__main__':
    main()
