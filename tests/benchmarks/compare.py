"""Runs a program of ours and its peer in turn and prints a figure a case.

  compare.py NAME KIND OURS PEER

OURS is a binary, PEER a Python script; each prints lines "CASE NUMBER". KIND:
  seconds  the numbers are durations, the smallest of all rounds counts
  bytes    sizes, likewise
  rate     numbers a second, the largest counts
Prints `figure: NAME/CASE ours=.. peer=.. ratio=..`, whose ratio is below 1
where ours is better.
"""
import subprocess
import sys

ROUNDS = 3


def measure(command):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE,
                            text=True).stdout
    return {case: float(number)
            for case, number in (line.split() for line in
                                 output.splitlines())}


def shown(kind, number):
    if kind == 'rate':
        return f'{number:.0f}/s'
    if kind == 'bytes':
        return f'{number / 2**20:.1f}MiB'
    for unit, factor in [('s', 1), ('ms', 1e3)]:
        if number * factor >= 1:
            return f'{number * factor:.3g}{unit}'
    if number * 1e6 < 1:
        return f'{number * 1e9:.1f}ns'
    return f'{number * 1e6:.1f}us'


def main(name, kind, ours, peer):
    best = max if kind == 'rate' else min
    results = {'ours': {}, 'peer': {}}
    for _ in range(ROUNDS):
        for side, command in [('ours', [ours]), ('peer', [sys.executable,
                                                          peer])]:
            for case, number in measure(command).items():
                known = results[side].get(case, number)
                results[side][case] = best(known, number)
    differ = results['ours'].keys() ^ results['peer'].keys()
    if differ:
        sys.exit(f'{name}: only one side has {", ".join(sorted(differ))}')
    for case, peer_best in results['peer'].items():
        ours_best = results['ours'][case]
        ratio = ours_best / peer_best
        if kind == 'rate':
            ratio = 1 / ratio
        print(f'figure: {name}/{case} ours={shown(kind, ours_best)} '
              f'peer={shown(kind, peer_best)} ratio={ratio:.2g}', flush=True)


main(*sys.argv[1:])
