"""Compares Anneal's trees of published .py configs with mmengine's.

Run by published_configs.sh.
"""

import argparse
import collections
import logging
import os
import pathlib
import subprocess
import sys
import warnings
import zipfile

PACKAGES = ['mmdet==3.3.0', 'mmpretrain==1.2.0', 'mmsegmentation==1.2.2',
            'mmpose==1.3.2', 'mmaction2==1.2.0', 'mmocr==1.0.1',
            'mmagic==1.2.0', 'mmyolo==0.6.0', 'mmdet3d==1.4.0',
            'mmrotate==0.3.4', 'mmrazor==1.0.0']
# The aim.
LEAST_SHARE = 0.98


def fetch(package, cache):
    """Unpacks the package's wheel into the cache; returns its .mim/configs."""
    marker = cache / f'{package}.unpacked'
    if not marker.exists():
        wheels = cache / 'wheels'
        subprocess.run([sys.executable if has_pip() else 'python3', '-m', 'pip',
                        'download', '--quiet', '--no-deps', '--only-binary',
                        ':all:', '--dest', str(wheels), package], check=True)
        stem = package.replace('==', '-') + '-'
        wheel = next(p for p in wheels.iterdir() if p.name.startswith(stem))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(cache / 'site')
            top = next(name.split('/')[0] for name in archive.namelist()
                       if '/.mim/configs/' in name)
        marker.write_text(top)
    return cache / 'site' / marker.read_text() / '.mim' / 'configs'


def has_pip():
    return subprocess.run([sys.executable, '-m', 'pip', '--version'],
                          capture_output=True).returncode == 0


def prepare_mmengine(site):
    sys.path.insert(0, str(site))
    import mmengine.config.config
    import mmengine.config.utils

    def is_builtin_module(name):
        # mmengine's, where Python is neither of 3.11 nor in a virtual
        # environment: there it takes frozen modules, or all, for foreign.
        first = name.split('.')[0]
        return (name.startswith('mmengine.config')
                or first in sys.stdlib_module_names)

    mmengine.config.utils._is_builtin_module = is_builtin_module
    mmengine.config.config._is_builtin_module = is_builtin_module
    logging.disable(logging.CRITICAL)
    warnings.simplefilter('ignore')
    return mmengine.config.config.Config


def difference(theirs, ours, path=''):
    """Where two trees differ, or None. Types count, order of keys doesn't."""
    kind = dict if isinstance(theirs, dict) else type(theirs)
    if kind is not type(ours):
        return f'{path}: {theirs!r:.80} and {ours!r:.80}'
    if kind is dict:
        if set(theirs) != set(ours):
            return f'{path}: keys {set(theirs) ^ set(ours)}'
        pairs = [(key, theirs[key], ours[key]) for key in theirs]
    elif kind in (list, tuple):
        if len(theirs) != len(ours):
            return f'{path}: {len(theirs)} and {len(ours)} items'
        pairs = [(i, a, b) for i, (a, b) in enumerate(zip(theirs, ours))]
    else:
        # repr tells -0.0 from 0.0 and shows every digit.
        same = theirs == ours if kind is set else repr(theirs) == repr(ours)
        return None if same else f'{path}: {theirs!r:.80} and {ours!r:.80}'
    for key, a, b in pairs:
        found = difference(a, b, f'{path}.{key}' if path else str(key))
        if found:
            return found
    return None


def compare(files, trees, config_class, environment):
    """Counts of each outcome, and (file, why) of those that differ."""
    output = subprocess.run([trees], input='\n'.join(map(str, files)) + '\n',
                            text=True, capture_output=True, check=True,
                            env=environment).stdout
    ours = [line for line in output.split('\n')
            if line.startswith(('tree: ', 'error: '))]
    counts, differing = collections.Counter(), []
    for file, line in zip(files, ours, strict=True):
        try:
            theirs = config_class.fromfile(
                str(file), import_custom_modules=False).to_dict()
        except Exception as error:  # whatever mmengine raises
            theirs = error
        failed = line.startswith('error: ')
        if isinstance(theirs, Exception):
            # Nothing to be compared with.
            counts['refused by mmengine'] += 1
            continue
        # The tool writes literals and 1e999, no more.
        why = line if failed else difference(
            theirs, eval(line[len('tree: '):],
                         {'__builtins__': {}, 'set': set}))
        counts['differ' if why else 'same'] += 1
        if why:
            differing.append((file, why))
    return counts, differing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--trees', required=True)
    parser.add_argument('--cache', type=pathlib.Path, required=True)
    parser.add_argument('--show', type=int, default=5,
                        help='differences to print of each package')
    parser.add_argument('packages', nargs='*', default=PACKAGES)
    arguments = parser.parse_args()
    site = arguments.cache / 'site'
    site.mkdir(parents=True, exist_ok=True)

    folders = {one: fetch(one, arguments.cache) for one in arguments.packages}
    config_class = prepare_mmengine(site)
    environment = dict(os.environ, ANNEAL_PACKAGE_PATH=str(site))
    total, failed = collections.Counter(), []
    for package, folder in folders.items():
        files = sorted(folder.rglob('*.py'))
        counts, differing = compare(files, arguments.trees, config_class,
                                    environment)
        total += counts
        compared = counts['same'] + counts['differ']
        share = counts['same'] / compared if compared else 0
        if share < LEAST_SHARE:
            failed.append(package)
        print(f'{package}: {counts["same"]} of {compared} the same '
              f'({share:.2%}); mmengine refuses '
              f'{counts["refused by mmengine"]}', flush=True)
        for file, why in differing[:arguments.show]:
            print(f'  {file.relative_to(folder)}\n    {why[:300]}')
    print(f'all: {total["same"]} of {total["same"] + total["differ"]}')
    if failed:
        sys.exit(f'below {LEAST_SHARE:.0%}: {", ".join(failed)}')


if __name__ == '__main__':
    main()
