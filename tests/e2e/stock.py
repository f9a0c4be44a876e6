# A run of two iterations over default_runtime.py.
_base_ = ['default_runtime.py']

mnist = dict(
    type='MNIST',
    data_root='examples/mnist/data',
    images='t10k-images-idx3-ubyte.gz',
    labels='t10k-labels-idx1-ubyte.gz')

model = dict(type='LeNet', num_classes=10)
data_preprocessor = dict(type='ImgDataPreprocessor', mean=[33.3], std=[78.6])
train_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(end=64, **mnist))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(begin=9936, **mnist))
val_evaluator = dict(type='Accuracy', topk=(1, ))

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9))
param_scheduler = dict(type='MultiStepLR', milestones=[1], gamma=0.1)
train_cfg = dict(by_epoch=True, max_epochs=1, val_interval=1)
val_cfg = dict()
