# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read single fields of a sensor_msgs/PointCloud2 by their names, in any layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.message_bytes import message_bytes

# sensor_msgs/msg/PointField datatype: INT8 = 1 .. FLOAT64 = 8.
_DATATYPES = {1: 'i1', 2: 'u1', 3: 'i2', 4: 'u2', 5: 'i4', 6: 'u4', 7: 'f4', 8: 'f8'}


def read_cloud_fields(
    message: Any, wanted: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    """Return fields of a cloud, each [P] float32, by the keys of `wanted`.

    Of the names that `wanted` gives for a key the first that the cloud has is read; a key of
    which it has none is left out. Duck-typed on the fields of sensor_msgs/msg/PointCloud2;
    organised clouds are flattened row by row, and one without points gives empty arrays.

    Raises InputError naming the field: a field outside the point or of an unknown type, points
    longer than a row, data shorter than the points.
    """
    height, width = int(message.height), int(message.width)
    point_step = int(message.point_step)
    row = width * point_step
    # A single row has no next row to step to, and drivers often leave its row_step at 0.
    row_step = int(message.row_step) if height > 1 else row
    if row_step < row:
        raise InputError(
            f'row_step {row_step}: shorter than a row of {width} points of {point_step} bytes')
    by_name: dict[str, Any] = {}
    for field in message.fields:
        by_name.setdefault(str(field.name), field)
    chosen = {}
    for key, candidates in wanted.items():
        found = next((name for name in candidates if name in by_name), None)
        if found is not None:
            chosen[key] = by_name[found]
    data = message_bytes(message.data, 'data')
    needed = (height - 1) * row_step + row
    if len(data) < needed:
        raise InputError(
            f'data: expected at least {needed} bytes for {height} x {width} points of '
            f'{point_step} bytes in rows of {row_step}, got {len(data)}')
    dtype = _record(chosen, point_step, '>' if message.is_bigendian else '<')
    cloud = np.ndarray((height, width), dtype, data.data, strides=(row_step, point_step))
    with np.errstate(over='ignore', invalid='ignore'):   # float64 beyond float32 becomes inf
        return {key: cloud[key].astype(np.float32).ravel() for key in chosen}


def field_names(message: Any) -> str:
    """Return the names of a cloud's fields in one line, for errors."""
    return ', '.join(str(field.name) for field in message.fields)[:200] or 'none'


def _record(chosen: Mapping[str, Any], point_step: int, order: str) -> np.dtype:
    """Build the numpy record of one point."""
    formats, offsets = [], []
    for field in chosen.values():
        code = _DATATYPES.get(int(field.datatype))
        if code is None:
            raise InputError(f'fields: {field.name} has datatype {field.datatype}, expected '
                             '1 (INT8) to 8 (FLOAT64)')
        # A count above 1 makes the field an array, whose first element is read.
        end = int(field.offset) + np.dtype(code).itemsize * max(int(field.count), 1)
        if int(field.offset) < 0 or end > point_step:
            raise InputError(
                f'point_step {point_step}: too small for {field.name}, which ends at byte {end}')
        formats.append(order + code)
        offsets.append(int(field.offset))
    return np.dtype({'names': list(chosen), 'formats': formats, 'offsets': offsets,
                     'itemsize': point_step})
