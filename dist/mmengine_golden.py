"""Makes mmengine_golden.txt: what mmengine.dist's functions give.

    python dist/mmengine_golden.py > dist/mmengine_golden.txt

Made with mmengine 0.9.1 and torch 2.11.0, Gloo, on the CPU. One JSON object a
line, of the first and the last rank. Rank r's tensor of a shape and dtype is
(arange(numel) * 3 + r * 5) % 7 + r + 1, in its order in memory.
"""
import json
import os
import sys
import tempfile

import torch
import torch.multiprocessing as mp
from mmengine import dist

DTYPES = ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32',
          'uint8', 'int8']
REAL = ['float32', 'float64', 'float16', 'bfloat16']
SHAPES = [[5], [2, 3], [0, 2]]


def tensor_of(rank, dtype, shape):
    numel = torch.Size(shape).numel()
    values = (torch.arange(numel) * 3 + rank * 5) % 7 + rank + 1
    return values.reshape(shape).to(getattr(torch, dtype))


def plain(tensor):
    return tensor.to(torch.float64).flatten().tolist()


def cases(rank, world_size):
    for dtype in DTYPES:
        for shape in SHAPES:
            for op in ['sum', 'mean', 'product', 'min', 'max', 'band', 'bor',
                       'bxor']:
                if op in ('band', 'bor', 'bxor') and dtype in REAL:
                    continue
                # Gaps in memory where there are two dimensions.
                data = tensor_of(rank, dtype, shape)
                data = data.t() if len(shape) == 2 else data
                dist.all_reduce(data, op)
                yield dict(call='all_reduce', op=op, dtype=dtype, shape=shape,
                           result=plain(data))
            data = tensor_of(rank, dtype, shape)
            yield dict(call='all_gather', dtype=dtype, shape=shape,
                       result=[plain(t) for t in dist.all_gather(data)])
            yield dict(call='gather', dtype=dtype, shape=shape,
                       result=[plain(t) for t in dist.gather(data, dst=1)])
            dist.broadcast(data, src=1)
            yield dict(call='broadcast', dtype=dtype, shape=shape,
                       result=plain(data))
    values = dict(b=tensor_of(rank, 'float32', [3]),
                  a=tensor_of(rank, 'float32', [2, 2]))
    for op in ['sum', 'mean']:
        data = {k: v.clone() for k, v in values.items()}
        dist.all_reduce_dict(data, op)
        yield dict(call='all_reduce_dict', op=op,
                   result={k: plain(v) for k, v in data.items()})
    for op in ['sum', 'mean']:
        for coalesce, bucket in [(True, -1), (True, 1), (False, -1)]:
            params = [tensor_of(rank, d, s) for d, s in
                      [('float32', [3]), ('float64', [2, 2]),
                       ('float32', [4]), ('int64', [2])]]
            dist.all_reduce_params(params, coalesce=coalesce,
                                   bucket_size_mb=bucket, op=op)
            yield dict(call='all_reduce_params', op=op, coalesce=coalesce,
                       bucket_size_mb=bucket,
                       result=[plain(p) for p in params])
    yield dict(call='all_gather_object',
               result=dist.all_gather_object(dict(rank=rank, name='r%d' % rank)))
    yield dict(call='gather_object',
               result=dist.gather_object([rank, 'x' * rank], dst=1) or [])
    data = ['a%d' % rank, dict(n=rank)]
    dist.broadcast_object_list(data, src=1)
    yield dict(call='broadcast_object_list', result=data)
    for size in (3 * world_size, 3 * world_size - 1):
        part = [i * world_size + rank for i in range(3)]
        result = dist.collect_results_gpu(part, size)
        yield dict(call='collect_results', size=size, result=result or [])


def main(rank, world_size, folder):
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(world_size))
    torch.distributed.init_process_group(
        'gloo', init_method='file://%s/store%d' % (folder, world_size),
        rank=rank, world_size=world_size)
    with open('%s/%d.%d' % (folder, world_size, rank), 'w') as out:
        for case in cases(rank, world_size):
            out.write(json.dumps(dict(world_size=world_size, rank=rank,
                                      **case)) + '\n')
    torch.distributed.destroy_process_group()


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder:
        for world_size in (2, 3, 4):
            mp.spawn(main, (world_size, folder), nprocs=world_size)
            for rank in (0, world_size - 1):
                with open('%s/%d.%d' % (folder, world_size, rank)) as made:
                    sys.stdout.write(made.read())
