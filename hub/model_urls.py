"""Writes model_urls.txt: where published models are.

The names and addresses are those of mmengine 0.9.1 (Apache License 2.0,
Copyright OpenMMLab: hub/torchvision_0.12.json, openmmlab.json, mmcls.json and
deprecated.json) and of torchvision 0.26.0 (BSD 3-Clause License, Copyright
Soumith Chintala 2016: the weights of torchvision.models), as
mmengine.runner.checkpoint merges them.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 torchvision==0.26.0 mmengine==0.9.1
  venv/bin/python hub/model_urls.py
"""
import os

from mmengine.runner import checkpoint

FOLDER = os.path.dirname(os.path.abspath(__file__))
HEAD = """\
# SCHEME NAME URL: what SCHEME://NAME stands for; a NAME in place of a URL is
# another name of the scheme, for one that is no longer used. Of mmengine 0.9.1
# (Apache License 2.0, Copyright OpenMMLab) and torchvision 0.26.0 (BSD 3-Clause
# License, Copyright Soumith Chintala 2016). Made by model_urls.py.
"""

os.environ['MMENGINE_HOME'] = os.path.join(FOLDER, 'no_such_folder')
checkpoint.mkdir_or_exist = lambda folder: None
tables = [
    ('torchvision', checkpoint.get_torchvision_models()),
    ('openmmlab', checkpoint.get_external_models()),
    ('openmmlab', checkpoint.get_deprecated_model_names()),
    ('mmcls', checkpoint.get_mmcls_models()),
]
with open(os.path.join(FOLDER, 'model_urls.txt'), 'w') as file:
    file.write(HEAD)
    for scheme, table in tables:
        for name, url in sorted(table.items()):
            if url is None:  # torchvision has published no such weights
                continue
            file.write(f'{scheme} {name} {url}\n')
