# lenet.yaml in the style of mmengine's configs: the same run.
model = dict(type='LeNet', num_classes=10)
data_preprocessor = dict(type='ImgDataPreprocessor', mean=[33.3], std=[78.6])

mnist = dict(
    type='MNIST',
    data_root='examples/mnist/data',
    images='t10k-images-idx3-ubyte.gz',
    labels='t10k-labels-idx1-ubyte.gz')

train_dataloader = dict(
    batch_size=64,
    dataset=dict(**mnist, end=8500),
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=500,
    dataset=dict(**mnist, begin=8500, end=10000),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = [dict(type='Accuracy'), dict(type='LossMetric')]
val_cfg = dict()

train_cfg = dict(by_epoch=True, max_epochs=10, val_interval=1)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.02, momentum=0.9))
param_scheduler = dict(
    type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)

default_hooks = dict(
    logger=dict(type='LoggerHook', interval=50),
    checkpoint=dict(
        type='CheckpointHook', interval=1, max_keep_ckpts=3,
        save_best='accuracy/top1'))
randomness = dict(seed=0)
env_cfg = dict(num_threads=1)
del mnist
