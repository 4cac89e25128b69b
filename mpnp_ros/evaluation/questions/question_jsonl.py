# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read questions as JSON lines: one object a line, a bad line costs only itself.

============================  ============================================================
`stamp_ns`                    the moment, whole nanoseconds on the bag's clock
`stamp`                       the same in seconds
`sample_token`                the same as a sample of nuScenes
`question`                    what is asked
`answer`                      the right answer; without it nothing is scored
`candidates`                  the answers it may get; without them free text
`type`, `hop`                 what kind of question it is
`condition`, `scene`          under which figures are put together
`needs`, `needs_any`          modalities it cannot do without; any one of which is enough
`modalities`                  modalities that it asks for by name
`id`                          otherwise '<file stem>:<line>'
============================  ============================================================

One of the three moments and `question` must be there. Other fields are left alone.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from mpnp_ros.evaluation.questions.question_fields import BadQuestion, Item, parse_json, shown


def line_items(data: bytes) -> Iterator[Item]:
    """Return the questions of a file's bytes in order; blank lines are left out."""
    for number, line in enumerate(data.removeprefix(codecs.BOM_UTF8).split(b'\n'), 1):
        if line.strip():
            yield Item(f'line {number}', str(number), _fields(line))


def _fields(line: bytes) -> dict[str, object] | BadQuestion:
    try:
        fields = parse_json(line.decode())
    except UnicodeDecodeError as error:
        return BadQuestion('not UTF-8', f'byte {error.start} of the line')
    except BadQuestion as bad:
        return bad
    if not isinstance(fields, dict):
        return BadQuestion('not a JSON object', shown(fields))
    return fields
