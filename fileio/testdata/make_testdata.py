"""Writes the files in fileio/testdata: what torch 2.11.0, mmengine 0.9.1 and
safetensors 0.8.0 save, and beside each what it holds, as text.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1 safetensors==0.8.0 numpy==2.4.6
  venv/bin/python fileio/testdata/make_testdata.py

NAME.txt has a line for each leaf of NAME: its path, then for a tensor
`tensor DTYPE SHAPE STRIDE HEX`, HEX the bytes of its elements in row-major
order; for another value its type and itself, reals by their bits, texts as hex.
"""
import collections
import os
import struct

import mmengine
import numpy as np
import safetensors.torch
import torch
from mmengine.logging import HistoryBuffer

FOLDER = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)

DTYPES = [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64,
    torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
    torch.complex64, torch.complex128, torch.uint16, torch.uint32,
    torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2,
    torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
]


def hex_of(tensor):
    flat = tensor.detach().contiguous().reshape(-1)
    if flat.numel() == 0:
        return '-'
    return flat.view(torch.uint8).numpy().tobytes().hex()


def ints(values):
    return ','.join(map(str, values)) or '-'


def describe(value, path, out):
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).replace('torch.', '')
        out.append(f'{path} tensor {dtype} {ints(value.shape)} '
                   f'{ints(value.stride())} {hex_of(value)}')
    elif isinstance(value, dict):
        for key, item in value.items():
            describe(item, f'{path}/{key}', out)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            describe(item, f'{path}/{i}', out)
    elif isinstance(value, bytes):
        out.append(f'{path} bytes {value.hex() or "-"}')
    elif isinstance(value, float):
        out.append(f'{path} float {struct.pack(">d", value).hex()}')
    elif isinstance(value, str):
        out.append(f'{path} str {value.encode().hex() or "-"}')
    else:
        out.append(f'{path} {type(value).__name__} {value}')


def write_text(name, value):
    lines = []
    describe(value, '', lines)
    with open(os.path.join(FOLDER, name + '.txt'), 'w') as file:
        file.write('\n'.join(lines) + '\n')


def all_kinds():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    tensors = collections.OrderedDict()
    for dtype in DTYPES:
        values = torch.tensor([0, 1, 2, 3, 4, 5]).reshape(2, 3)
        name = str(dtype).replace('torch.', '')
        tensors[name] = values.to(torch.float32).to(dtype)
    tensors['scalar'] = torch.tensor(2.5)
    tensors['empty'] = torch.empty(0, 3)
    tensors['base'] = base
    tensors['row'] = base[1]
    tensors['transposed'] = base.t()
    tensors['channels_last'] = torch.arange(24.).reshape(1, 2, 3, 4).to(
        memory_format=torch.channels_last)
    tensors['expanded'] = torch.tensor([7.]).expand(3, 2)
    tensors['parameter'] = torch.nn.Parameter(torch.tensor([1., -1.]))
    tensors['nan'] = torch.tensor([float('nan'), float('inf'), -0.0])
    return {
        'tensors': tensors,
        'integers': [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -2**31, 2**31,
                     2**62, -2**63],
        'reals': [0.0, -0.0, 0.1, float('inf'), 5e-324],
        'texts': ['', 'a', 'é', '漢字', '\U0001f600', 'x' * 300],
        'bytes': [b'', b'abc', bytes(range(256))],
        'flags': (True, False, None),
        'nested': {'a': {'b': [{'c': (1, )}]}, 7: 'seven', 'size':
                   torch.Size([2, 3])},
    }


def mmengine_checkpoint():
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    loss = HistoryBuffer([0.5, 0.25], [1, 2])
    return {
        'meta': dict(epoch=1, iter=20, cfg="model = dict(type='Linear')\n",
                     seed=0, experiment_name='toy_1',
                     time='20261124_000000',
                     mmengine_version=mmengine.__version__),
        'state_dict': model.state_dict(),
        'message_hub': dict(
            log_scalars=collections.OrderedDict({'train/loss': loss}),
            runtime_info=collections.OrderedDict(
                epoch=1, best=np.float64(0.75), count=np.int64(3),
                flag=np.bool_(True),
                array=np.arange(6, dtype=np.float32).reshape(2, 3),
                fortran=np.asfortranarray(np.arange(6).reshape(2, 3)),
                words=np.array(['a', 'bc'])),
            resumed_keys=collections.OrderedDict({'train/loss': True})),
        'optimizer': optimizer.state_dict(),
        'param_schedulers': [dict(last_step=20, base_values=[0.1])],
    }


def main():
    kinds = all_kinds()
    write_text('kinds', kinds)
    torch.save(kinds, os.path.join(FOLDER, 'kinds_zip.pth'))
    torch.save(kinds, os.path.join(FOLDER, 'kinds_legacy.pth'),
               _use_new_zipfile_serialization=False)

    checkpoint = mmengine_checkpoint()
    torch.save(checkpoint, os.path.join(FOLDER, 'mmengine.pth'))
    plain = {key: checkpoint[key]
             for key in ['meta', 'state_dict', 'optimizer',
                         'param_schedulers']}
    write_text('mmengine', plain)

    # The smallest of each form: tests flip every bit of them.
    small = {'w': torch.tensor([1., 2.])}
    torch.save(small, os.path.join(FOLDER, 'small_zip.pth'))
    torch.save(small, os.path.join(FOLDER, 'small_legacy.pth'),
               _use_new_zipfile_serialization=False)
    torch.serialization.set_crc32_options(False)
    torch.save(small, os.path.join(FOLDER, 'no_crc.pth'))
    torch.serialization.set_crc32_options(True)
    scripted = torch.jit.script(torch.nn.ReLU())
    torch.jit.save(scripted, os.path.join(FOLDER, 'torchscript.pt'))

    tensors = {name: tensor.contiguous()
               for name, tensor in kinds['tensors'].items()
               if name not in ('row', 'base', 'complex128')}
    safetensors.torch.save_file(
        {name: tensor.clone() for name, tensor in tensors.items()},
        os.path.join(FOLDER, 'kinds.safetensors'),
        metadata={'format': 'pt', 'a}b': '"quoted" {'})
    with safetensors.safe_open(os.path.join(FOLDER, 'kinds.safetensors'),
                               'pt') as file:
        order = {name: file.get_tensor(name) for name in file.offset_keys()}
    write_text('kinds.safetensors', order)


if __name__ == '__main__':
    main()
