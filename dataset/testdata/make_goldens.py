"""Writes the goldens of this folder: orders and images as mmengine 0.9.1, torch
2.11.0 and numpy 2 make them.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1 'numpy>=2,<3'
  venv/bin/python dataset/testdata/make_goldens.py

A line is a case: words, then after each "|" a list of numbers. Reals have nine
digits, which read back as the same float32.

  permutation.txt       N SEED | indices
  default_sampler.txt   SIZE WORLD RANK SHUFFLE ROUND_UP SEED EPOCH | indices
  infinite_sampler.txt  SIZE WORLD RANK SHUFFLE SEED | first indices
  normalize.txt         DTYPE C H W | mean | std | image | result
  random_crop.txt       DTYPE C H W HEIGHT WIDTH PADDING TOP LEFT | image | result
  random_flip.txt       DTYPE C H W DIRECTION | image | result
"""
import itertools
import os
from unittest import mock

import numpy as np
import torch
from mmengine.dataset import DefaultSampler, InfiniteSampler

FOLDER = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(0)


def numbers(array):
    return ' '.join(f'{x:.9g}' for x in np.asarray(array).ravel().tolist())


def write(name, lines):
    with open(os.path.join(FOLDER, name), 'w') as golden:
        golden.writelines(line + '\n' for line in lines)


def permutations():
    for n, seed in [(1, 0), (2, 7), (10, 0), (10, 1), (10, 2**40), (300, 5)]:
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
        yield f'{n} {seed} | {numbers(order)}'


def as_rank(rank, world_size):
    return mock.patch('mmengine.dataset.sampler.get_dist_info',
                      return_value=(rank, world_size))


def default_samplers():
    for size, world, shuffle, round_up, epoch in itertools.product(
            [1, 10, 12], [1, 3, 4], [0, 1], [0, 1], [0, 2]):
        if epoch and not shuffle:
            continue
        for rank in range(world):
            with as_rank(rank, world):
                sampler = DefaultSampler(range(size), bool(shuffle), 3,
                                         bool(round_up))
            sampler.set_epoch(epoch)
            order = list(sampler)
            assert len(order) == len(sampler)
            yield (f'{size} {world} {rank} {shuffle} {round_up} 3 {epoch} | '
                   f'{numbers(order)}')


def infinite_samplers():
    for size, world, shuffle in itertools.product([1, 10], [1, 3], [0, 1]):
        for rank in range(world):
            with as_rank(rank, world):
                sampler = InfiniteSampler(range(size), bool(shuffle), 3)
            # Shuffled, only the first pass is Anneal's.
            count = len(range(rank, size, world)) if shuffle else 25
            order = list(itertools.islice(iter(sampler), count))
            yield f'{size} {world} {rank} {shuffle} 3 | {numbers(order)}'


def images(channels, height, width):
    shape = (channels, height, width)
    yield 'uint8', rng.integers(0, 256, shape, dtype=np.uint8)
    yield 'float32', rng.normal(0, 50, shape).astype(np.float32)


def normalized():
    every_byte = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    cases = [('uint8', every_byte)]
    cases += images(1, 2, 3)
    cases += images(3, 3, 2)
    for dtype, image in cases:
        mean = [33.3184, 123.675, 116.28][:len(image)]
        std = [78.5675, 58.395, 57.12][:len(image)]
        result = torch.from_numpy(image).float()
        result = result.sub(torch.tensor(mean)[:, None, None])
        result = result.div(torch.tensor(std)[:, None, None])
        yield (f'{dtype} {" ".join(map(str, image.shape))} | {numbers(mean)} | '
               f'{numbers(std)} | {numbers(image)} | {numbers(result)}')


def crops():
    for height, width, padding in [(3, 4, 2), (2, 2, 0), (5, 6, 1), (1, 1, 3)]:
        for dtype, image in images(2, 3, 4):
            padded = np.pad(image, ((0, 0), (padding, padding),
                                    (padding, padding)))
            if height > padded.shape[1] or width > padded.shape[2]:
                continue
            for top in range(padded.shape[1] - height + 1):
                for left in range(padded.shape[2] - width + 1):
                    crop = padded[:, top:top + height, left:left + width]
                    yield (f'{dtype} 2 3 4 {height} {width} {padding} {top} '
                           f'{left} | {numbers(image)} | {numbers(crop)}')


def flips():
    for shape in [(1, 1, 1), (2, 3, 4), (1, 4, 1)]:
        for dtype, image in images(*shape):
            for direction, axis in [('horizontal', 2), ('vertical', 1)]:
                yield (f'{dtype} {" ".join(map(str, shape))} {direction} | '
                       f'{numbers(image)} | {numbers(np.flip(image, axis))}')


write('permutation.txt', permutations())
write('default_sampler.txt', default_samplers())
write('infinite_sampler.txt', infinite_samplers())
write('normalize.txt', normalized())
write('random_crop.txt', crops())
write('random_flip.txt', flips())
