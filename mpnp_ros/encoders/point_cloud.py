# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decode sensor_msgs/PointCloud2 in any layout."""

from __future__ import annotations

from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.message_bytes import message_bytes

# sensor_msgs/msg/PointField datatype: INT8 = 1 .. FLOAT64 = 8.
_DATATYPES = {1: 'i1', 2: 'u1', 3: 'i2', 4: 'u2', 5: 'i4', 6: 'u4', 7: 'f4', 8: 'f8'}
# Names drivers give the strength of a return, the most common first.
_INTENSITY_NAMES = ('intensity', 'i', 'reflectivity', 'remission', 'reflectance', 'intensities')


def decode_point_cloud(message: Any) -> np.ndarray:
    """Decode a sensor_msgs/PointCloud2 to points [P, 4] float32: x, y, z (m) and intensity.

    Duck-typed on the fields of sensor_msgs/msg/PointCloud2: height, width, fields (name, offset,
    datatype, count), is_bigendian, point_step, row_step, data. Fields may have any order, offset
    and number type, points and rows may be padded, organised clouds are flattened row by row.
    Intensity is taken as it is from the first of intensity, i, reflectivity, remission,
    reflectance, intensities; 0 where there is none or it is not finite. Points with a
    coordinate that is NaN or infinite are removed, whatever is_dense says.

    Raises InputError naming the field: an empty cloud, no finite point, no x, y or z, a
    field outside the point, points longer than a row, data shorter than the points.
    """
    height, width = int(message.height), int(message.width)
    if height <= 0 or width <= 0:
        raise InputError(f'height, width: the cloud is empty, {height} x {width} points')
    point_step = int(message.point_step)
    dtype = _point_dtype(message.fields, point_step, bool(message.is_bigendian))
    # A single row has no next row to step to, and drivers often leave its row_step at 0.
    row = width * point_step
    row_step = int(message.row_step) if height > 1 else row
    if row_step < row:
        raise InputError(
            f'row_step {row_step}: shorter than a row of {width} points of {point_step} bytes'
        )
    data = message_bytes(message.data, 'data')
    needed = (height - 1) * row_step + row
    if len(data) < needed:
        raise InputError(
            f'data: expected at least {needed} bytes for {height} x {width} points of '
            f'{point_step} bytes in rows of {row_step}, got {len(data)}'
        )
    cloud = np.ndarray((height, width), dtype, data.data, strides=(row_step, point_step))
    points = np.zeros((height * width, 4), dtype=np.float32)  # [P, 4]
    organised = points.reshape(height, width, 4)  # a view
    with np.errstate(over='ignore', invalid='ignore'):  # float64 beyond float32 becomes inf
        for column, name in enumerate(dtype.names or ()):
            organised[..., column] = cloud[name]
        # A NaN or infinite coordinate leaves a sum that is not finite.
        finite = np.isfinite(points[:, 0] + points[:, 1] + points[:, 2])  # [P]
    if not finite.all():
        points = points[finite]
        if len(points) == 0:
            raise InputError(
                f'data: none of the {height * width} points has finite coordinates')
    lost = ~np.isfinite(points[:, 3])
    if lost.any():
        points[lost, 3] = 0.0
    return points


def _point_dtype(fields: Any, point_step: int, big_endian: bool) -> np.dtype:
    """Build the numpy record of one point: x, y, z and, where there is one, intensity."""
    by_name: dict[str, Any] = {}
    for field in fields:
        by_name.setdefault(str(field.name), field)
    missing = [name for name in ('x', 'y', 'z') if name not in by_name]
    if missing:
        raise InputError(
            f'fields: no {", ".join(missing)}, expected x, y and z, '
            f'got {", ".join(by_name)[:200] or "none"}'
        )
    chosen = {name: by_name[name] for name in ('x', 'y', 'z')}
    for name in _INTENSITY_NAMES:
        if name in by_name:
            chosen['intensity'] = by_name[name]
            break
    order = '>' if big_endian else '<'
    formats, offsets = [], []
    for field in chosen.values():
        code = _DATATYPES.get(int(field.datatype))
        if code is None:
            raise InputError(
                f'fields: {field.name} has datatype {field.datatype}, expected 1 (INT8) to '
                '8 (FLOAT64)'
            )
        # A count above 1 makes the field an array, whose first element is read.
        end = int(field.offset) + np.dtype(code).itemsize * max(int(field.count), 1)
        if int(field.offset) < 0 or end > point_step:
            raise InputError(
                f'point_step {point_step}: too small for {field.name}, which ends at byte {end}'
            )
        formats.append(order + code)
        offsets.append(int(field.offset))
    return np.dtype({
        'names': list(chosen), 'formats': formats, 'offsets': offsets, 'itemsize': point_step,
    })
