# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read point files of the Point Cloud Library (.pcd, version 0.7), text or binary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mpnp_ros.importing.error import DatasetError, read_bytes

_KINDS = {'F': 'f', 'I': 'i', 'U': 'u'}
_LONGEST_HEADER = 4096


def read_pcd(path: Path) -> np.ndarray:
    """Return the points as a structured array [P], every field as the file has it.

    Points without a return (NaN) are kept, as the format means them. Raises DatasetError where
    the file cannot be read, is cut off, or holds something else: compressed points, fields of
    several numbers, no x, y and z.
    """
    data = read_bytes(path)
    header, start = _header(path, data)
    dtype = _dtype(path, header)
    try:
        count = int(header['POINTS'][0])
    except (KeyError, IndexError, ValueError) as error:
        raise DatasetError(path, 'no number of POINTS in the header') from error
    form = ' '.join(header.get('DATA', ()))
    body = data[start:]
    if form == 'binary':
        if len(body) < count * dtype.itemsize:
            raise DatasetError(
                path, f'truncated: {len(body)} bytes of points, expected {count} points of '
                f'{dtype.itemsize}')
        return np.frombuffer(body, dtype=dtype, count=count)
    if form != 'ascii':
        raise DatasetError(
            path, f'DATA {form}: expected ascii or binary '
            '(pcl_convert_pcd_ascii_binary in.pcd out.pcd 1)')
    rows = [tuple(line.split()) for line in body.decode('ascii', 'replace').splitlines()
            if line.strip()]
    width = len(dtype.names or ())
    if len(rows) != count or any(len(row) != width for row in rows):
        raise DatasetError(
            path, f'{len(rows)} lines of points: expected {count} of {width} numbers')
    try:
        return np.array(rows, dtype=dtype)
    except ValueError as error:
        raise DatasetError(path, f'a point is not numbers: {error}') from error


def _header(path: Path, data: bytes) -> tuple[dict[str, list[str]], int]:
    """Return the header's entries, and where the points begin."""
    entries: dict[str, list[str]] = {}
    start = 0
    while 'DATA' not in entries:
        end = data.find(b'\n', start, _LONGEST_HEADER)
        if end < 0:
            raise DatasetError(path, 'no complete header of a .pcd file')
        line = data[start:end].decode('ascii', 'replace').strip()
        start = end + 1
        if line and not line.startswith('#'):
            name, *values = line.split()
            entries[name] = values
    return entries, start


def _dtype(path: Path, header: Mapping[str, list[str]]) -> np.dtype:
    names = header.get('FIELDS', [])
    sizes, kinds = header.get('SIZE', []), header.get('TYPE', [])
    counts = header.get('COUNT', ['1'] * len(names))
    if not len(names) == len(sizes) == len(kinds) == len(counts):
        raise DatasetError(path, 'FIELDS, SIZE, TYPE and COUNT differ in length')
    if set(counts) - {'1'}:
        raise DatasetError(path, f'COUNT {" ".join(counts)}: expected one number a field')
    missing = {'x', 'y', 'z'} - set(names)
    if missing:
        raise DatasetError(path, f'no field {", ".join(sorted(missing))}')
    try:
        return np.dtype([(name, f'<{_KINDS[kind]}{size}')
                         for name, kind, size in zip(names, kinds, sizes)])
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            path, f'TYPE {" ".join(kinds)}, SIZE {" ".join(sizes)}: not numbers') from error
