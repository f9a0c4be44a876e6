"""Writes config_file_golden.json: files with bases as mmengine 0.9.1 reads them.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python config/config_file_golden.py

One case a line: `files` by name, of which config.yaml is read
with WIDTH=64 in the environment, and what it is. In mmengine's files a
reference stands without quotes; here, as in Anneal, with them.
"""
import json
import os
import re
import tempfile

import mmengine.config.config as config_module
from mmengine.config import Config

CASES = {
    'NoBase': {'config.yaml': 'a: 1\nb: {c: [1, 2]}\n'},
    'OneBase': {
        'base.yaml': 'model: {type: LeNet, depth: 3}\nlr: 0.1\n',
        'config.yaml': '_base_: base.yaml\nmodel: {depth: 5}\n',
    },
    'BaseOfAnotherSyntax': {
        'base.json': '{"a": {"x": 1, "y": [1, null]}}',
        'config.yaml': '_base_: ./base.json\na: {x: 2}\n',
    },
    'SeveralBases': {
        'model.yaml': 'model: {type: LeNet}\n',
        'data.yaml': 'data: {batch_size: 4}\n',
        'config.yaml': '_base_: [model.yaml, data.yaml]\ndata: {shuffle: true}\n',
    },
    'BaseOfABase': {
        'sub/root.yaml': 'a: {x: 1, y: 1, z: 1}\n',
        'sub/base.yaml': '_base_: root.yaml\na: {y: 2}\n',
        'config.yaml': '_base_: sub/base.yaml\na: {z: 3}\n',
    },
    'DeleteInAFile': {
        'base.yaml': 'optimizer: {type: SGD, lr: 0.1, momentum: 0.9}\n',
        'config.yaml': '_base_: base.yaml\n'
                       'optimizer: {_delete_: true, type: Adam}\n',
    },
    'References': {
        'base.yaml': 'lr: 0.125\nmodel: {type: LeNet, sizes: [1, 2]}\n',
        'config.yaml': '_base_: base.yaml\n'
                       'copy: "{{ _base_.model }}"\n'
                       'real: "{{_base_.lr}}"\n'
                       'items: ["{{ _base_.model.type }}", 3]\n',
    },
    'AReferenceSeesTheBaseNotTheChild': {
        'base.yaml': 'lr: 0.5\n',
        'config.yaml': '_base_: base.yaml\nlr: 0.25\nold: "{{ _base_.lr }}"\n',
    },
    'TheFilesNames': {
        'config.yaml': 'name: "{{ fileBasenameNoExtension }}"\n'
                       'file: "run_{{ fileBasename }}_{{fileExtname}}"\n',
    },
    'PackageBase': {
        'mmdet/.mim/model-index.yml': 'Import: []\n',
        'mmdet/.mim/configs/_base_/root.yaml': 'deep: {x: {type: R}}\n',
        'mmdet/.mim/configs/_base_/net.yaml':
        '_base_: root.yaml\n'
        'model: {type: Net, head: {type: Head}, norm: {eps: 1}}\n'
        'plain: {hook: {type: Hook}, list: [{type: A}, 1]}\n'
        'own: {type: Own, _scope_: mmpose}\nlr: 0.1\n',
        'config.yaml': '_base_: mmdet::_base_/net.yaml\n'
                       'model: {head: {depth: 1}}\nother: {type: Other}\n',
    },
    'Environment': {
        'config.yaml': 'width: "{{ $WIDTH:8 }}"\ndepth: "{{ $DEPTH:8 }}"\n'
                       'path: "/data/{{$WIDTH:8}}/x"\n',
    },
}

REFERENCE = re.compile(r'"(\{\{ ?(?:_base_|\$)[^}]*\}\})"')


def load(files):
    """What mmengine reads."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w') as file:
                file.write(REFERENCE.sub(r'\1', text))
        # No wheel of mmdet is needed.
        config_module.is_installed = lambda package: True
        config_module.get_installed_path = (
            lambda package: os.path.join(folder, package))
        return Config.fromfile(os.path.join(folder, 'config.yaml')).to_dict()


os.environ['WIDTH'] = '64'
os.environ.pop('DEPTH', None)
folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, 'config_file_golden.json'), 'w') as golden:
    lines = [
        json.dumps({'name': name, 'files': files, 'config': load(files)})
        for name, files in CASES.items()
    ]
    golden.write('[\n' + ',\n'.join(lines) + '\n]\n')
