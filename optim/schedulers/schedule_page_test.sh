#!/usr/bin/env bash
# schedule_page_test.sh PAGE SOURCE...: fails for a code block in "One of your
# own" that is no part of a source, as it stands there.
set -euo pipefail

python3 - "$@" <<'END'
import re
import sys

page, *sources = [open(path).read() for path in sys.argv[1:]]
section = page.split('## One of your own')[1].split('\n## ')[0]
blocks = re.findall(r'```(?:proto|c\+\+)\n(.*?)```', section, re.S)
assert len(blocks) == 2, blocks
for block in blocks:
    assert any(block in source for source in sources), 'not tested:\n' + block
END
