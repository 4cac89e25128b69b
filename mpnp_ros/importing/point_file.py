# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read the point files of data sets as structured arrays, which name their columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import io
from pathlib import Path

import numpy as np

from mpnp_ros.importing.error import DatasetError, read_bytes
from mpnp_ros.importing.pcd_file import read_pcd
from mpnp_ros.importing.ply_file import read_ply

# The column is a whole number, whatever number type the file has.
_TYPES = {'ring': '<u2'}


def read_bin(path: Path, columns: Sequence[str], dtype: str = '<f4') -> np.ndarray:
    """Read a file of bare numbers, point after point.

    Raises DatasetError where the file cannot be read, is empty, does not hold whole points, or
    holds a number that is not finite.
    """
    data = read_bytes(path)
    size = np.dtype(dtype).itemsize * len(columns)
    if not data or len(data) % size:
        raise DatasetError(
            path, f'{len(data)} bytes: expected whole points of {len(columns)} numbers '
            f'({", ".join(columns)}), {size} bytes each')
    return columns_of(path, np.frombuffer(data, dtype=dtype).reshape(-1, len(columns)), columns)


def columns_of(
    place: str | Path, numbers: np.ndarray, columns: Sequence[str]
) -> np.ndarray:
    """Return numbers [P, C] as a structured array [P]; raises DatasetError as `read_bin`."""
    wrong = ~np.isfinite(numbers).all(axis=1)
    if wrong.any():
        raise DatasetError(
            place, f'{int(wrong.sum())} of {len(numbers)} points are not finite, the first is '
            f'point {int(wrong.argmax())}')
    points = np.empty(len(numbers), dtype=[
        (name, _TYPES.get(name, '<f4')) for name in columns])
    for index, name in enumerate(columns):
        points[name] = numbers[:, index]
    return points


def read_npy(path: Path, columns: Sequence[str]) -> np.ndarray:
    """Read an array [P, C] of numpy; raises DatasetError where it is another."""
    try:
        numbers = np.load(io.BytesIO(read_bytes(path)), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DatasetError(path, f'not an array of numpy: {error}') from error
    if numbers.ndim != 2 or numbers.shape[1] != len(columns) or not len(numbers):
        raise DatasetError(
            path, f'an array of shape {list(numbers.shape)}: expected points by '
            f'{len(columns)} columns ({", ".join(columns)})')
    if numbers.dtype.kind not in 'fiu':
        raise DatasetError(path, f'an array of {numbers.dtype}: expected numbers')
    return columns_of(path, numbers, columns)


def read_points(path: Path, columns: Sequence[str]) -> np.ndarray:
    """Read a file by its ending: .bin (float32) and .npy by columns, .pcd and .ply by header."""
    readers: dict[str, Callable[[], np.ndarray]] = {
        '.bin': lambda: read_bin(path, columns), '.npy': lambda: read_npy(path, columns),
        '.pcd': lambda: read_pcd(path), '.ply': lambda: read_ply(path)}
    if path.suffix.lower() not in readers:
        raise DatasetError(path, f'expected a file that ends in {", ".join(readers)}')
    return readers[path.suffix.lower()]()
