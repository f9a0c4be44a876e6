"""How much of a step's all-reduce is behind its backward.

  ddp_trace.py TRACE

TRACE is what `ddp_step_ours --trace` wrote, a file for a trace viewer such as
https://ui.perfetto.dev. Prints a line a step and fails where no all-reduce
begins before backward has made its last gradient.
"""
import json
import sys


def spans(events, is_it):
    found = [(event['ts'], event['ts'] + event['dur']) for event in events
             if event.get('ph') == 'X' and is_it(event['name'])]
    return sorted(found)


def main(path):
    with open(path) as file:
        events = json.load(file)['traceEvents']
    backwards = spans(events, lambda name: name == 'backward')
    gradients = spans(events, lambda name: name.startswith(
        'autograd::engine::evaluate_function'))
    reduces = spans(events, lambda name: name.endswith(':all_reduce'))
    if not backwards or not reduces:
        sys.exit(f'{path}: {len(backwards)} backwards, {len(reduces)} '
                 'all-reduces')
    for begin, end in backwards:
        own = [span for span in reduces if begin <= span[0] < end]
        last_gradient = max(stop for start, stop in gradients
                            if begin <= start < end)
        early = [span for span in own if span[0] < last_gradient]
        if not early:
            sys.exit(f'{path}: no all-reduce begins behind backward')
        behind = sum(max(0, min(stop, last_gradient) - start)
                     for start, stop in own)
        total = sum(stop - start for start, stop in own)
        print(f'backward {(last_gradient - begin) / 1e3:.1f} ms, then '
              f'{(end - last_gradient) / 1e3:.1f} ms of waiting: '
              f'{len(early)} of {len(own)} all-reduces begin behind it, '
              f'{behind / total:.0%} of their time')


main(*sys.argv[1:])
