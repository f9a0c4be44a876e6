"""Seconds from a process's start to the log line of its first training step.

  startup.py TRAIN CONFIG PEER

TRAIN is //tools:train, CONFIG the config it trains, PEER a Python script that
trains the same with mmengine; both log each iteration. Each is started in turn, the page cache
being warm; the figure is the median.
"""
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 7


def first_step(command):
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if '(train)' in line:
            elapsed = time.monotonic() - begin
            process.kill()
            process.wait()
            return elapsed
    sys.exit(''.join(lines) + f'{command}: ended without a training step')


def main(train, config, peer):
    times = {'ours': [], 'peer': []}
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            'ours': [
                train, config, '--work-dir', f'{folder}/ours', '--cfg-options',
                'default_hooks.logger.interval=1'
            ],
            'peer': [sys.executable, peer, f'{folder}/peer'],
        }
        for command in commands.values():
            first_step(command)
        for _ in range(ROUNDS):
            for side, command in commands.items():
                times[side].append(first_step(command))
    ours, peer_time = (statistics.median(times[s]) for s in ('ours', 'peer'))
    print(f'figure: startup/mlp ours={ours:.3f}s peer={peer_time:.3f}s '
          f'ratio={ours / peer_time:.3f}')


main(*sys.argv[1:])
