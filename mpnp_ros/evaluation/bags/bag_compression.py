# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The compressions that bags use: of files, chunks and messages."""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'
_PIECE = 1 << 16
_ERRORS = (zstd.ZstdError, RuntimeError, OSError, EOFError, ValueError, MemoryError)
_WHOLE = {'zstd': zstd.decompress, 'lz4': lz4.frame.decompress, 'bz2': bz2.decompress}
_BY_PIECES = {
    'zstd': zstd.ZstdDecompressor, 'lz4': lz4.frame.LZ4FrameDecompressor,
    'bz2': bz2.BZ2Decompressor}


class Damaged(ValueError):
    """Compressed data cannot be read."""


def decompress(data: bytes | memoryview, compression: str) -> bytes | memoryview:
    """Return what a chunk or a message holds; raises Damaged."""
    if compression in ('', 'none'):
        return data
    if compression not in _WHOLE:
        raise Damaged(f'compression {compression!r}: expected one of {", ".join(_WHOLE)}')
    try:
        return bytes(_WHOLE[compression](data))
    except _ERRORS as error:
        raise Damaged(f'{compression} data are damaged ({error})') from error


def decompress_beginning(data: bytes | memoryview, compression: str) -> bytes | memoryview:
    """Return what can be read of data that were cut off or are damaged."""
    if compression in ('', 'none'):
        return data
    if compression not in _BY_PIECES:
        return b''
    decompressor = _BY_PIECES[compression]()
    found = bytearray()
    for begin in range(0, len(data), _PIECE):
        try:
            found += decompressor.decompress(bytes(data[begin:begin + _PIECE]))
        except _ERRORS:
            break
    return bytes(found)


def decompress_file(path: Path, target: Path) -> str:
    """Write what a .zstd file holds, as far as it can be read; return what is wrong, or ''."""
    with path.open('rb') as packed, target.open('wb') as file:
        pieces = _pieces(packed)
        try:
            for piece in pieces:
                file.write(piece)
        except (zstd.ZstdError, EOFError) as error:
            return f'zstd data are damaged or end too early ({error})'
    return ''


def _pieces(packed: Any) -> Iterator[bytes]:
    with zstd.open(packed, 'rb') as unpacked:
        while piece := unpacked.read(_PIECE):
            yield piece
