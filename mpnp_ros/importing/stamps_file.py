# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read KITTI's timestamps.txt: a date and a time of nine decimals on each line."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
import re

from mpnp_ros.importing.error import DatasetError, read_text

_LINE = re.compile(r'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,9}))?')


def read_timestamps(path: Path) -> list[int]:
    """Return the stamps, ns since 1970; the zone is not in the file and is taken as UTC.

    Raises DatasetError naming the line that is not a time.
    """
    stamps = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        try:
            if not found:
                raise ValueError
            moment = datetime.fromisoformat(found[1]).replace(tzinfo=timezone.utc)
        except ValueError as error:
            raise DatasetError(
                f'{path}, line {number}', f'{line.strip()[:40]!r}: not a time') from error
        stamps.append(int(moment.timestamp()) * 10 ** 9 + int((found[2] or '0').ljust(9, '0')))
    return stamps
