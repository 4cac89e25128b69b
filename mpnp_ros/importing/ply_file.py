# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read the vertices of polygon files (.ply 1.0), text or binary, as points."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mpnp_ros.importing.error import DatasetError, read_bytes

_TYPES = {
    'char': 'i1', 'uchar': 'u1', 'short': 'i2', 'ushort': 'u2', 'int': 'i4', 'uint': 'u4',
    'float': 'f4', 'double': 'f8', 'int8': 'i1', 'uint8': 'u1', 'int16': 'i2', 'uint16': 'u2',
    'int32': 'i4', 'uint32': 'u4', 'float32': 'f4', 'float64': 'f8'}
_ORDERS = {'binary_little_endian': '<', 'binary_big_endian': '>', 'ascii': '<'}
_END = b'end_header\n'


def read_ply(path: Path) -> np.ndarray:
    """Return the vertices as a structured array [P] with every property, little-endian.

    Raises DatasetError where the file cannot be read, is cut off, or its first element is not
    vertices with x, y and z.
    """
    data = read_bytes(path)
    end = data.find(_END)
    if not data.startswith(b'ply') or end < 0:
        raise DatasetError(path, 'no complete header of a .ply file')
    lines = [line.split() for line in data[:end].decode('ascii', 'replace').splitlines()]
    form = next((line[1] for line in lines if line[:1] == ['format'] and len(line) > 1), '')
    if form not in _ORDERS:
        raise DatasetError(path, f'format {form!r}: expected one of {", ".join(_ORDERS)}')
    count, dtype = _vertices(path, lines, _ORDERS[form])
    body = data[end + len(_END):]
    if form == 'ascii':
        rows = [tuple(line.split()) for line in body.decode('ascii', 'replace').splitlines()]
        rows, width = rows[:count], len(dtype.names or ())
        if len(rows) < count or any(len(row) != width for row in rows):
            raise DatasetError(
                path, f'truncated: expected {count} lines of {width} numbers')
        try:
            return np.array(rows, dtype=dtype)
        except ValueError as error:
            raise DatasetError(path, f'a vertex is not numbers: {error}') from error
    if len(body) < count * dtype.itemsize:
        raise DatasetError(path, f'truncated: {len(body)} bytes of vertices, expected '
                           f'{count} of {dtype.itemsize}')
    return np.frombuffer(body, dtype=dtype, count=count).astype(dtype.newbyteorder('<'))


def _vertices(path: Path, lines: list[list[str]], order: str) -> tuple[int, np.dtype]:
    elements = [index for index, line in enumerate(lines) if line[:1] == ['element']]
    if not elements or lines[elements[0]][1:2] != ['vertex']:
        raise DatasetError(path, 'expected vertices as the first element')
    first = elements[0]
    last = elements[1] if len(elements) > 1 else len(lines)
    try:
        count = int(lines[first][2])
        fields = [(line[2], order + _TYPES[line[1]]) for line in lines[first + 1:last]
                  if line[:1] == ['property']]
    except (IndexError, KeyError, ValueError) as error:
        raise DatasetError(path, 'a vertex has something else than single numbers') from error
    missing = {'x', 'y', 'z'} - {name for name, _ in fields}
    if missing:
        raise DatasetError(path, f'no property {", ".join(sorted(missing))}')
    return count, np.dtype(fields)
