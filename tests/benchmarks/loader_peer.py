"""Images a second that torch's DataLoader gives: loader_ours.cc's task, with
transforms in numpy (which are faster there than torch's, at this size)."""
import random
import time

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

NUM_IMAGES = 12800
LEAST_SECONDS = 2
MEAN = np.array([125.3, 122.95, 113.9], np.float32)[:, None, None]
STD = np.array([63, 62.1, 66.7], np.float32)[:, None, None]


class Images(Dataset):

    def __init__(self):
        rng = np.random.default_rng(0)
        self.images = rng.integers(0, 256, (NUM_IMAGES, 3, 32, 32), np.uint8)
        self.labels = rng.integers(0, 10, NUM_IMAGES)

    def __len__(self):
        return NUM_IMAGES

    def __getitem__(self, index):
        padded = np.zeros((3, 40, 40), np.uint8)
        padded[:, 4:36, 4:36] = self.images[index]
        top = random.randrange(9)
        left = random.randrange(9)
        image = padded[:, top:top + 32, left:left + 32]
        if random.random() < 0.5:
            image = image[:, :, ::-1]
        image = (image - MEAN) / STD
        return torch.from_numpy(image), int(self.labels[index])


def run_epoch(loader):
    begin = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - begin


def images_per_second(num_workers):
    loader = DataLoader(Images(), batch_size=128, shuffle=True,
                        num_workers=num_workers,
                        persistent_workers=num_workers > 0)
    run_epoch(loader)
    best = float('inf')
    end = time.perf_counter() + LEAST_SECONDS
    while time.perf_counter() < end:
        best = min(best, run_epoch(loader))
    return NUM_IMAGES / best


if __name__ == '__main__':
    torch.set_num_threads(1)
    for workers in [0, 1, 2]:
        print(f'{workers}_threads {images_per_second(workers):.0f}')
