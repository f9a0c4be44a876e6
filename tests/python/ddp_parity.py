"""Trains one MLP by Anneal and by mmengine's own distributed runner.

Called by ddp_parity.sh, in the repository's folder. Two processes each, from
the same weights; the order of samples is each one's own, from the same seed.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

import torch
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.model import BaseModel, MMDistributedDataParallel
from mmengine.registry import DATASETS, HOOKS, MODEL_WRAPPERS, MODELS
from mmengine.runner import Runner
from safetensors.torch import load_file
from torch import nn

POINTS = 'examples/tensors/data/two_moons.safetensors'
RANKS = 2
BATCH_SIZE = 20
ITERS = 20
# Of weights relative to their tensor's largest, and of losses. What is summed
# in another order differs by float's rounding, 1e-7 a step.
TOLERANCE = 1e-5
CASES = {
    'SGD': {'optimizer': {'type': 'SGD', 'lr': 0.1, 'momentum': 0.9}},
    'AdamW, accumulated and clipped': {
        'optimizer': {'type': 'AdamW', 'lr': 0.01, 'weight_decay': 0.1},
        'accumulative_counts': 2,
        'clip_grad': {'max_norm': 0.5},
    },
}


@DATASETS.register_module()
class Moons(torch.utils.data.Dataset):

    def __init__(self):
        tensors = load_file(POINTS)
        self.points, self.moons = tensors['points'], tensors['moon']

    def __len__(self):
        return 800

    def __getitem__(self, index):
        return {'inputs': self.points[index], 'labels': self.moons[index]}


@MODELS.register_module()
class MLP(BaseModel):
    """model/mlp.cc in Python."""

    def __init__(self):
        super().__init__()
        for place, (fan_in, fan_out) in enumerate([(2, 32), (32, 32),
                                                   (32, 2)]):
            self.add_module(str(2 * place), nn.Linear(fan_in, fan_out))

    def forward(self, inputs, labels, mode):
        x = torch.stack(inputs) if isinstance(inputs, list) else inputs
        x = self.get_submodule('2')(self.get_submodule('0')(x).relu())
        x = self.get_submodule('4')(x.relu())
        y = torch.stack(labels) if isinstance(labels, list) else labels
        return {'loss': nn.functional.cross_entropy(x, y.long())}


@MODEL_WRAPPERS.register_module()
class OnCPU(MMDistributedDataParallel):
    """Without the GPU that the runner names for each rank."""

    def __init__(self, module, device_ids, **kwargs):
        super().__init__(module, **kwargs)


@HOOKS.register_module()
class KeepLosses(Hook):

    def __init__(self, path):
        self.path, self.losses = path, []

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs=None):
        self.losses.append(outputs['loss'].item())

    def after_train(self, runner):
        torch.save(self.losses, self.path)


def train_rank(case, rank, folder):
    """One process of mmengine's."""
    torch.set_num_threads(1)
    # mmengine's own call wants a GPU.
    torch.distributed.init_process_group(
        'gloo', rank=rank, world_size=RANKS,
        init_method=f'file://{os.path.abspath(folder)}/rendezvous')
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank),
                      WORLD_SIZE=str(RANKS))
    runner = Runner(
        model={'type': 'MLP'},
        work_dir=folder,
        launcher='pytorch',
        load_from=f'{folder}/../initial.pth',
        cfg={'model_wrapper_cfg': {'type': 'OnCPU',
                                   'broadcast_buffers': False}},
        train_dataloader={'batch_size': BATCH_SIZE, 'num_workers': 0,
                          'dataset': {'type': 'Moons'},
                          'collate_fn': pseudo_collate,
                          'sampler': {'type': 'DefaultSampler',
                                      'shuffle': True}},
        train_cfg={'by_epoch': True, 'max_epochs': 1},
        optim_wrapper=CASES[case],
        custom_hooks=[{'type': 'KeepLosses',
                       'path': f'{folder}/losses_{rank}.pth'}],
        randomness={'seed': 0})
    model = runner.train()
    torch.save(model.module.state_dict(), f'{folder}/weights_{rank}.pth')
    torch.distributed.destroy_process_group()


def check(holds, what):
    print(('ok: ' if holds else 'FAILED: ') + what, flush=True)
    if not holds:
        sys.exit(1)


def wait_for(processes, name):
    outputs = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        print('\n'.join(outputs))
    check(not any(process.returncode for process in processes),
          f'{name} trains')


def start(*command):
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)


def train_theirs(case, folder):
    os.makedirs(folder)
    wait_for([start(sys.executable, __file__, '--case', case, '--rank',
                    str(rank), '--work-dir', folder)
              for rank in range(RANKS)], f'mmengine ({case})')
    weights, losses = (
        [torch.load(f'{folder}/{what}_{rank}.pth') for rank in range(RANKS)]
        for what in ('weights', 'losses'))
    check(all(torch.equal(weights[0][name], weights[1][name])
              for name in weights[0]), 'its ranks end with the same weights')
    return weights[0], [sum(pair) / RANKS for pair in zip(*losses)]


def train_ours(program, case, folder, initial):
    with open(f'{folder}.json', 'w') as file:
        json.dump({
            'model': {'type': 'MLP', 'widths': [2, 32, 32, 2]},
            'train_dataloader': {
                'batch_size': BATCH_SIZE,
                'dataset': {'type': 'TensorDataset', 'path': POINTS,
                            'keys': {'points': 'inputs', 'moon': 'labels'},
                            'end': 800},
                'sampler': {'type': 'DefaultSampler', 'shuffle': True}},
            'train_cfg': {'by_epoch': True, 'max_epochs': 1},
            'optim_wrapper': CASES[case],
            'load_from': initial,
            'default_hooks': {'logger': {'type': 'LoggerHook', 'interval': 1}},
            'log_processor': {'window_size': 1},
            'randomness': {'seed': 0},
            'env_cfg': {'num_threads': 1}}, file)
    wait_for([start(program, f'{folder}.json', '--work-dir', folder,
                    '--launcher', 'local', '--nproc', str(RANKS))],
             f'Anneal ({case})')
    with open(glob.glob(f'{folder}/*/vis_data/scalars.json')[0]) as file:
        losses = [json.loads(line)['loss'] for line in file]
    return torch.load(f'{folder}/epoch_1.pth')['state_dict'], losses


def compare(case, ours, theirs, initial):
    (weights, losses), (their_weights, their_losses) = ours, theirs
    check(list(weights) == list(their_weights), 'both name the same weights')
    apart = max(((weights[name] - their_weights[name]).abs().max() /
                 their_weights[name].abs().max()).item() for name in weights)
    moved = min(((initial[name] - weights[name]).abs().max() /
                 weights[name].abs().max()).item() for name in weights)
    check(moved > 0.01, f'each tensor has moved by {moved:.2g} or more')
    check(apart <= TOLERANCE, f'{case}: the weights after {ITERS} iterations '
          f'differ by {apart:.2g} at most')
    check(len(losses) == len(their_losses) == ITERS,
          f'both logged {ITERS} losses')
    apart = max(abs(x - y) / y for x, y in zip(losses, their_losses))
    check(apart <= TOLERANCE, f'{case}: the losses, averaged over the ranks, '
          f'differ by {apart:.2g} at most')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--train')
    parser.add_argument('--work-dir', required=True)
    parser.add_argument('--case')
    parser.add_argument('--rank', type=int)
    args = parser.parse_args()
    if args.case is not None:
        train_rank(args.case, args.rank, args.work_dir)
        return
    torch.manual_seed(1)
    initial = MLP().state_dict()
    path = f'{args.work_dir}/initial.pth'
    torch.save(initial, path)
    for number, case in enumerate(CASES):
        theirs = train_theirs(case, f'{args.work_dir}/theirs_{number}')
        ours = train_ours(args.train, case, f'{args.work_dir}/ours_{number}',
                          path)
        compare(case, ours, theirs, initial)
    print('all checks passed')


if __name__ == '__main__':
    main()
