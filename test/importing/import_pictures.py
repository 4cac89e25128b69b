# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny pictures."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image


def picture(kind: str = 'JPEG', size: tuple[int, int] = (8, 8), shade: int = 90) -> bytes:
    """Return a picture of one colour, encoded."""
    buffer = io.BytesIO()
    Image.new('RGB', size, (shade, 120, 30)).save(buffer, kind)
    return buffer.getvalue()


def write(path: Path, data: bytes | str) -> Path:
    """Write a file with the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path
