# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read the electrical power from a file that the board keeps, where it keeps one."""

from __future__ import annotations

import os
from pathlib import Path
import re

# The rail that feeds the whole board, under the names it has on Jetson boards; older ones leave
# out the unit, which is mW.
_TEGRASTATS = re.compile(r'\b(?:VDD_IN|POM_5V_IN|VIN_SYS_5V0|VDD_MUX|SYS_5V)\s+(\d+)(?:mW)?/')
_TAIL = 4096   # bytes of a log that are looked at


class PowerError(ValueError):
    """The power cannot be read; the text names the file and the cause."""


def read_watts(path: str | Path) -> float:
    """Return the power in W.

    Understood are hwmon's files (power1_input: microwatts) and a log that tegrastats writes, of
    which the last line counts. Raises PowerError.
    """
    try:
        with open(path, 'rb') as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            text = file.read(_TAIL).decode('utf-8', errors='replace').strip()
    except OSError as error:
        raise PowerError(f'{path}: cannot be read: {error.strerror}') from error
    if re.fullmatch(r'\d+', text):
        return int(text) / 1e6
    found = _TEGRASTATS.findall(text)
    if not found:
        raise PowerError(f'{path}: neither microwatts nor a log of tegrastats: '
                         f'{text[-60:]!r}')
    return int(found[-1]) / 1e3
