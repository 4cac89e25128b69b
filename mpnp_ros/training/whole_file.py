# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Files that appear as a whole or not at all, also when the machine stops or the disk is full."""

from __future__ import annotations

import errno
import os
from pathlib import Path
import tempfile

from mpnp_ros.training.error import TrainError


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step; raises TrainError, leaving the old one, where that fails."""
    temporary = ''
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}.')
        with os.fdopen(handle, 'wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise TrainError(cannot_write(path, error)) from error


def cannot_write(path: Path, error: OSError) -> str:
    """Return in a sentence why a file could not be written."""
    if error.errno == errno.ENOSPC:
        return f'{path} cannot be written: the disk is full; what was saved before is still there'
    return f'{path} cannot be written: {error.strerror or error}'
