"""examples/tensors/mlp.yaml's run in mmengine, logging every iteration."""
import sys

import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn


class MLP(BaseModel):

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(),
            nn.Linear(32, 2))

    def forward(self, inputs, labels, mode='tensor'):
        return {
            'loss': nn.functional.cross_entropy(self.layers(inputs), labels)
        }


torch.manual_seed(0)
data = list(zip(torch.randn(800, 2), torch.randint(0, 2, (800, ))))
Runner(
    model=MLP(),
    work_dir=sys.argv[1],
    train_dataloader=dict(
        dataset=data,
        batch_size=32,
        num_workers=0,
        collate_fn=dict(type='default_collate'),
        sampler=dict(type='DefaultSampler', shuffle=True)),
    train_cfg=dict(by_epoch=True, max_epochs=1),
    optim_wrapper=dict(optimizer=dict(type='AdamW', lr=0.01)),
    default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
    visualizer=dict(
        type='Visualizer', vis_backends=[dict(type='LocalVisBackend'),
                                         dict(type='TensorboardVisBackend')]),
).train()
