# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decode sensor_msgs/PointCloud2 in any layout."""

from __future__ import annotations

from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.cloud_fields import field_names, read_cloud_fields

# Names drivers give the strength of a return, the most common first.
_INTENSITY_NAMES = ('intensity', 'i', 'reflectivity', 'remission', 'reflectance', 'intensities')
_WANTED = {'x': ('x',), 'y': ('y',), 'z': ('z',), 'intensity': _INTENSITY_NAMES}


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
    given = read_cloud_fields(message, _WANTED)
    missing = [name for name in ('x', 'y', 'z') if name not in given]
    if missing:
        raise InputError(f'fields: no {", ".join(missing)}, expected x, y and z, '
                         f'got {field_names(message)}')
    points = np.zeros((height * width, 4), dtype=np.float32)  # [P, 4]
    for column, values in enumerate(given.values()):
        points[:, column] = values
    with np.errstate(over='ignore', invalid='ignore'):
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
