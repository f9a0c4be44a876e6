"""Writes the golden files of model/'s tests: numbers of torch 2.11.0 and
mmengine 0.9.1.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python model/testdata/make_goldens.py

A line is a name and its numbers. Inputs are drawn from torch's generator
under the seeds below, in C++ as here.
"""
import os

import torch
from torch.nn import functional as F

import twins
from mmengine.model import BaseModel, ImgDataPreprocessor

FOLDER = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)


class Golden:

    def __init__(self, name):
        self.file = open(os.path.join(FOLDER, name), 'w')

    def __call__(self, name, values):
        values = torch.as_tensor(values, dtype=torch.double).flatten().tolist()
        self.file.write(' '.join([name] + [f'{v:.9g}' for v in values]) + '\n')


def fingerprint(x):
    """Sums of x, of |x| and of x weighted by place, for tensors too long to
    write out."""
    x = x.double().flatten()
    place = torch.arange(1, len(x) + 1, dtype=torch.double) / len(x)
    return [x.sum().item(), x.abs().sum().item(), (x * place).sum().item()]


def twin(golden, case, model, inputs, labels, loss_of):
    """A model's names, shapes, initial weights, outputs, gradients and losses
    of five steps of SGD."""
    for name, value in model.state_dict().items():
        golden(f'{case}/shape/{name}', list(value.shape))
        golden(f'{case}/init/{name}', fingerprint(value))
    outputs = model(inputs)
    golden(f'{case}/outputs', outputs)
    per_sample = loss_of(outputs, labels)
    golden(f'{case}/per_sample', per_sample)
    loss = per_sample.mean()
    golden(f'{case}/loss', loss)
    loss.backward()
    for name, parameter in model.named_parameters():
        golden(f'{case}/grad/{name}', fingerprint(parameter.grad))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(5):
        loss = loss_of(model(inputs), labels).mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    golden(f'{case}/train', losses)


def cross_entropy(outputs, labels):
    return F.cross_entropy(outputs, labels, reduction='none')


def mean_square(outputs, labels):
    return (outputs - labels).square().mean(1)


def token_cross_entropy(outputs, labels):
    return F.cross_entropy(outputs.transpose(1, 2), labels,
                           reduction='none').mean(1)


def write_models():
    golden = Golden('models.txt')
    for activation in ['ReLU', 'GELU', 'Tanh', 'Sigmoid', 'SiLU']:
        torch.manual_seed(0)
        model = twins.mlp([6, 5, 4, 3], activation)
        inputs = torch.randn(4, 2, 3)
        labels = torch.randint(3, (4,))
        twin(golden, f'MLP_{activation}', model, inputs.flatten(1), labels,
             cross_entropy)
    torch.manual_seed(0)
    model = twins.mlp([6, 5, 2])
    inputs = torch.randn(4, 6)
    labels = torch.randn(4, 2)
    twin(golden, 'MLP_MSELoss', model, inputs, labels, mean_square)
    torch.manual_seed(0)
    model = twins.LeNet()
    inputs = torch.randn(3, 1, 28, 28)
    labels = torch.randint(10, (3,))
    twin(golden, 'LeNet', model, inputs, labels, cross_entropy)
    for case, tie, bias in [('GPT', True, True), ('GPT_untied', False, False)]:
        torch.manual_seed(0)
        model = twins.GPT(11, 8, n_layer=2, n_head=2, n_embd=8, bias=bias,
                          tie_word_embeddings=tie)
        inputs = torch.randint(11, (2, 6))
        labels = torch.randint(11, (2, 6))
        twin(golden, case, model, inputs, labels, token_cross_entropy)

    # Weights large enough that the scores differ visibly.
    torch.manual_seed(0)
    model = twins.GPT(11, 8, n_layer=2, n_head=2, n_embd=8)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.mul_(20)
    start = torch.tensor([[1, 2, 3]])
    golden('generate/greedy', model.generate(start, 12, top_k=1))
    torch.manual_seed(1)
    golden('generate/drawn', model.generate(start, 12, temperature=0.7))
    torch.manual_seed(1)
    golden('generate/top_3', model.generate(start, 12, 1.5, top_k=3))


def write_layers():
    golden = Golden('layers.txt')
    layers = {
        'Linear': lambda: torch.nn.Linear(4, 3),
        'Linear_no_bias': lambda: torch.nn.Linear(4, 3, bias=False),
        'Conv2d': lambda: torch.nn.Conv2d(2, 3, (3, 2)),
        'Conv2d_grouped': lambda: torch.nn.Conv2d(4, 2, 2, groups=2),
    }
    for case, make in layers.items():
        for seed in [0, 1, 42]:
            torch.manual_seed(seed)
            for name, value in make().state_dict().items():
                golden(f'{case}/{seed}/{name}', value)


def write_losses():
    golden = Golden('losses.txt')
    torch.manual_seed(0)
    outputs = torch.randn(5, 7)
    labels = torch.tensor([6, 3, 0, 3, 2])
    for case, options in [('plain', {}), ('smooth', {'label_smoothing': 0.1}),
                          ('ignore', {'ignore_index': 3})]:
        golden(f'cross_entropy/{case}/per_sample',
               F.cross_entropy(outputs, labels, reduction='none', **options))
        golden(f'cross_entropy/{case}/mean',
               F.cross_entropy(outputs, labels, **options))
    # A sample of several labels: the mean over those that count.
    outputs = torch.randn(2, 3, 4)
    labels = torch.tensor([[0, 1, -100, 2], [2, -100, -100, 1]])
    golden('cross_entropy/sequences/per_sample',
           [F.cross_entropy(outputs[i:i + 1], labels[i:i + 1])
            for i in range(2)])
    golden('cross_entropy/sequences/mean', F.cross_entropy(outputs, labels))
    probabilities = (torch.arange(24.) % 5 + 1).view(2, 3, 4)
    probabilities /= probabilities.sum(1, keepdim=True)
    golden('cross_entropy/probabilities/per_sample',
           [F.cross_entropy(outputs[i:i + 1], probabilities[i:i + 1])
            for i in range(2)])
    golden('cross_entropy/probabilities/mean',
           F.cross_entropy(outputs, probabilities))
    outputs = torch.randn(4, 3)
    targets = torch.randn(4, 3)
    golden('mse/per_sample', F.mse_loss(outputs, targets,
                                        reduction='none').mean(1))
    golden('mse/mean', F.mse_loss(outputs, targets))


def write_parse_losses():
    golden = Golden('parse_losses.txt')
    cases = {
        'lone': {'loss': torch.tensor(0.75)},
        'lone_of_each_sample': {'loss': torch.tensor([1., 2., 4.5])},
        'several': {
            'loss_cls': torch.tensor([1., 2., 4.5]),
            'accuracy': torch.tensor(62.5),
            'aux_loss': torch.tensor([[0.25, 0.5], [1., 2.]]),
            'iou': torch.tensor([0.5, 0.25]),
        },
        'loss_among_others': {
            'aux_loss': torch.tensor(4.),
            'loss': torch.tensor([1., 3.]),
        },
    }
    for case, losses in cases.items():
        for name, value in losses.items():
            golden(f'{case}/given/{name}', value)
        loss, log_vars = BaseModel.parse_losses(None, losses)
        golden(f'{case}/minimised', loss)
        for name, value in log_vars.items():
            golden(f'{case}/log_vars/{name}', value)


def write_img_data_preprocessor():
    golden = Golden('img_data_preprocessor.txt')
    images = (torch.arange(45) * 37 % 256).to(torch.uint8).view(1, 3, 3, 5)
    rgb = {'mean': [123.675, 116.28, 103.53], 'std': [58.395, 57.12, 57.375]}
    cases = {
        'normalise': rgb,
        'one_for_all': {'mean': [127.5], 'std': [64.0]},
        'bgr_to_rgb': {'bgr_to_rgb': True, **rgb},
        'rgb_to_bgr': {'rgb_to_bgr': True},
        'pad': {'pad_size_divisor': 4, 'pad_value': 0.5, **rgb},
    }
    for case, config in cases.items():
        out = ImgDataPreprocessor(**config)({'inputs': images})['inputs']
        golden(f'{case}/shape', list(out.shape))
        golden(f'{case}/inputs', out)


write_layers()
write_models()
write_losses()
write_parse_losses()
write_img_data_preprocessor()
