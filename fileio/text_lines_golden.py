"""Makes text_lines_golden.txt: mmengine's list_from_file and dict_from_file.

  python3 fileio/text_lines_golden.py > fileio/text_lines_golden.txt

Made with mmengine 0.9.1. A line a case: list or dict, the file's bytes in hex,
the arguments (prefix in hex, offset, max_num; or the key type), the result as
JSON or "error".
"""
import json
import os
import tempfile

from mmengine.fileio import dict_from_file, list_from_file

path = os.path.join(tempfile.mkdtemp(), 'f.txt')


def put(content):
    with open(path, 'wb') as f:
        f.write(content)


def result(function, *args, **kwargs):
    try:
        return json.dumps(function(path, *args, **kwargs), ensure_ascii=False)
    except (AssertionError, ValueError, UnicodeDecodeError):
        return 'error'


TEXTS = [b'', b'\n', b'a', b'a\n', b'a\nb\nc\nd\n', b'a\r\nb\r\n\r\nc',
         b'a\rb', b'a\r\r\nb\n\n', b' a \n\tb\t\n', 'é\n中\n'.encode(),
         b'caf\xe9\n', b'a\x0bb\x0cc\n', 'a\u2028b\u0085c\n'.encode(),
         b'\xef\xbb\xbfa\n', b'a\x00b\n']
for text in TEXTS:
    put(text)
    for prefix, offset, max_num in [('', 0, 0), ('p/', 0, 0), ('', 1, 0),
                                    ('', 0, 2), ('', 1, 1), ('', 9, 3),
                                    ('', 0, -1)]:
        print('list', text.hex() or '-',
              f'{prefix.encode().hex() or "-"},{offset},{max_num}',
              result(list_from_file, prefix, offset, max_num), sep='\t')

DICTS = [b'', b'a 1\n', b'a 1\nb 2 3\n', b'a\t1\r\nb  2\n', b'a 1\na 2\n',
         b'a\n', b'a 1\n\nb 2\n', b' a 1 \n', b'1 cow\n2 dog cat\n-3 x',
         b'1.5 a\n', 'é 1\u3000 2\n'.encode(), 'a\u00a0b\n'.encode(),
         b'99999999999999999999 a\n', b'a\x1c1\n']
for text in DICTS:
    put(text)
    for name, key_type in [('str', str), ('int', int)]:
        if key_type is int and text.startswith(b'9999'):
            continue  # Python's integers have no end
        print('dict', text.hex() or '-', name,
              result(dict_from_file, key_type), sep='\t')
