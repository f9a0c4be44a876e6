"""Writes merge_golden.json: how mmengine 0.9.1 merges a config into its base.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1
  venv/bin/python config/merge_golden.py

One case a line. `merged` is null where mmengine raises. List indices are those
of mmengine's allow_list_keys.
"""
import copy
import json
import os

from mmengine.config import Config, ConfigDict

CASES = {
    'NewKeysAreAdded': ({'a': 1}, {'b': 2}),
    'ScalarsReplace': ({'a': 1, 'b': 'x'}, {'a': 2.5, 'b': None}),
    'DictsMerge': ({'a': {'x': 1, 'y': 2}}, {'a': {'y': 3, 'z': 4}}),
    'DeepDictsMerge':
    ({'a': {'b': {'c': {'d': 1, 'e': 2}}}}, {'a': {'b': {'c': {'e': 3}}}}),
    'ListsReplace': ({'a': [1, 2, 3]}, {'a': [4]}),
    'ListsOfDictsReplace': ({'a': [{'x': 1}]}, {'a': [{'y': 2}]}),
    'AScalarReplacesADict': ({'a': {'x': 1}}, {'a': 5}),
    'AListReplacesADict': ({'a': {'x': 1}}, {'a': [5]}),
    'DeleteReplacesADict':
    ({'a': {'x': 1, 'y': 2}}, {'a': {'_delete_': True, 'z': 3}}),
    'DeleteReplacesAScalar': ({'a': 1}, {'a': {'_delete_': True, 'z': 3}}),
    'DeleteReplacesAList': ({'a': [1]}, {'a': {'_delete_': True, 'z': 3}}),
    'DeleteInADeepDict':
    ({'a': {'b': {'x': 1}, 'c': 2}}, {'a': {'b': {'_delete_': True}}}),
    'DeleteFalseMerges':
    ({'a': {'x': 1}}, {'a': {'_delete_': False, 'z': 3}}),
    'ADictOverAScalarFails': ({'a': 1}, {'a': {'z': 3}}),
    'ADictOverNoneFails': ({'a': None}, {'a': {'z': 3}}),
    'IndicesChangeElements':
    ({'a': [{'x': 1, 'y': 2}, {'z': 3}]}, {'a': {'0': {'x': 5}}}),
    'IndicesGoDeep':
    ({'a': [[{'x': 1}], [{'x': 2}]]}, {'a': {'1': {'0': {'x': 9}}}}),
    'AnIndexThatIsNotThereFails': ({'a': [1]}, {'a': {'1': {'x': 5}}}),
    'ADictOfWordsOverAListFails': ({'a': [1]}, {'a': {'x': 5}}),
}


def merged(base, child):
    """The merged dict, or None where mmengine refuses."""
    try:
        result = Config._merge_a_into_b(
            ConfigDict(copy.deepcopy(child)), ConfigDict(copy.deepcopy(base)),
            allow_list_keys=True)
    except (KeyError, TypeError):
        return None
    return result.to_dict()


folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, 'merge_golden.json'), 'w') as golden:
    lines = [
        json.dumps({'name': name, 'base': base, 'child': child,
                    'merged': merged(base, child)})
        for name, (base, child) in CASES.items()
    ]
    golden.write('[\n' + ',\n'.join(lines) + '\n]\n')
