# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Point files in the formats that people have, and what is said of those that are damaged."""

from __future__ import annotations

from pathlib import Path

from import_pictures import write
import numpy as np
import pytest

from mpnp_ros.importing.error import DatasetError
from mpnp_ros.importing.point_file import read_points

COLUMNS = ('x', 'y', 'z', 'intensity')
POINTS = np.array([(1, 2, 3, 9), (4, 5, 6, 8)], dtype=[
    ('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('i', 'u1')])
PCD = ('VERSION 0.7\nFIELDS x y z i\nSIZE 4 4 4 1\nTYPE F F F U\nCOUNT 1 1 1 1\nWIDTH 2\n'
       'HEIGHT 1\nPOINTS 2\nDATA ')
PLY = ('element vertex 2\nproperty float x\nproperty float32 y\nproperty float z\n'
       'property uchar i\nelement face 0\nproperty list uchar int vertex_indices\nend_header\n')
TEXT = '1 2 3 9\n4 5 6 8\n'


def ply(form: str) -> str:
    return f'ply\nformat {form} 1.0\n{PLY}'


@pytest.mark.parametrize(('name', 'content'), [
    ('a.pcd', PCD.encode() + b'binary\n' + POINTS.tobytes()),
    ('a.pcd', f'# made by hand\n{PCD}ascii\n{TEXT}'),
    ('a.ply', ply('binary_little_endian').encode() + POINTS.tobytes()),
    ('a.ply', ply('binary_big_endian').encode() + POINTS.astype(
        POINTS.dtype.newbyteorder('>')).tobytes()),
    ('a.ply', ply('ascii') + TEXT),
])
def test_files_with_a_header_keep_their_fields(
    tmp_path: Path, name: str, content: bytes | str
) -> None:
    found = read_points(write(tmp_path / name, content), ())
    assert found.dtype.names == ('x', 'y', 'z', 'i')
    assert found.tolist() == POINTS.tolist()


@pytest.mark.parametrize('name', ['a.bin', 'a.npy'])
def test_files_of_bare_numbers_get_their_columns(tmp_path: Path, name: str) -> None:
    numbers = np.arange(8, dtype='<f4').reshape(2, 4)
    if name.endswith('npy'):
        np.save(tmp_path / name, numbers)
    else:
        numbers.tofile(tmp_path / name)
    found = read_points(tmp_path / name, COLUMNS)
    assert found.dtype.names == COLUMNS
    assert found.tolist() == [(0, 1, 2, 3), (4, 5, 6, 7)]


def test_points_without_a_return_stay_in_a_pcd(tmp_path: Path) -> None:
    found = read_points(write(tmp_path / 'a.pcd', f'{PCD}ascii\n1 2 3 9\nnan nan nan 0\n'), ())
    assert np.isnan(found['x'][1])


@pytest.mark.parametrize(('name', 'content', 'message'), [
    ('a.txt', '1 2 3', r'a\.txt: expected a file that ends in \.bin, \.npy, \.pcd, \.ply'),
    ('a.bin', b'', r'a\.bin: 0 bytes: expected whole points of 4 numbers'),
    ('a.bin', np.array([1, 2, np.inf, 4], '<f4').tobytes(), '1 of 1 points are not finite'),
    ('a.npy', b'\x93NUMPY', 'not an array of numpy'),
    ('a.pcd', 'FIELDS x y z', 'no complete header of a .pcd file'),
    ('a.pcd', PCD.replace('x y z i', 'x y i j') + 'ascii\n', 'no field z'),
    ('a.pcd', PCD.replace('F F F U', 'F F F X') + 'ascii\n', 'not numbers'),
    ('a.pcd', PCD.replace('1 1 1 1', '1 1 1 3') + 'ascii\n', 'expected one number a field'),
    ('a.pcd', PCD.replace('SIZE 4 4 4 1', 'SIZE 4 4') + 'ascii\n', 'differ in length'),
    ('a.pcd', PCD.replace('POINTS 2', 'POINTS many') + 'ascii\n', 'no number of POINTS'),
    ('a.pcd', f'{PCD}binary_compressed\n', 'DATA binary_compressed: expected ascii or binary'),
    ('a.pcd', f'{PCD}ascii\n1 2 3 9\n', '1 lines of points: expected 2 of 4 numbers'),
    ('a.pcd', f'{PCD}ascii\n1 2 3 9\n4 5 six 8\n', 'a point is not numbers'),
    ('a.pcd', PCD.encode() + b'binary\n' + POINTS.tobytes()[:-1], 'truncated: 25 bytes'),
    ('a.ply', 'ply\nformat ascii 1.0\n', 'no complete header of a .ply file'),
    ('a.ply', ply('utf8'), "format 'utf8': expected one of"),
    ('a.ply', ply('ascii').replace('float z', 'float w'), 'no property z'),
    ('a.ply', ply('ascii').replace('uchar i\n', 'list uchar int i\n'), 'than single numbers'),
    ('a.ply', ply('ascii').replace('vertex 2', 'face 2', 1), 'expected vertices as the first'),
    ('a.ply', ply('ascii') + '1 2 3 9\n', 'truncated: expected 2 lines of 4 numbers'),
    ('a.ply', ply('binary_little_endian').encode() + POINTS.tobytes()[:-1], 'truncated'),
])
def test_a_damaged_file_is_named_with_the_cause(
    tmp_path: Path, name: str, content: bytes | str, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        read_points(write(tmp_path / name, content), COLUMNS)
