"""Building a registered class from its config, against mmengine.

  registry_build.py OURS

OURS prints "CASE SECONDS": message, from a config message as a run has it, and
dict, from a dict. mmengine knows only dicts.
"""
import subprocess
import sys
import timeit

from mmengine.registry import Registry

SHAPES = Registry('shape', scope='mmengine')


@SHAPES.register_module()
class Circle:

    def __init__(self, radius=1.0, colour='red', filled=False):
        self.radius = radius
        self.colour = colour
        self.filled = filled


for i in range(1, 40):  # a kind has about forty
    SHAPES.register_module(name=f'Shape{i:02}', module=type('Other', (), {}))


def main(ours):
    cfg = dict(type='Circle', radius=2.5, colour='blue')
    number = 2000
    peer = min(timeit.repeat(lambda: SHAPES.build(cfg), number=number,
                             repeat=20)) / number
    output = subprocess.run([ours], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    for line in output.splitlines():
        case, seconds = line.split()
        print(f'figure: registry_build/{case} ours={float(seconds) * 1e6:.3f}us'
              f' peer={peer * 1e6:.2f}us ratio={float(seconds) / peer:.4f}')


if __name__ == '__main__':
    main(*sys.argv[1:])
