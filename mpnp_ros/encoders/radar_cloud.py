# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decode the echoes of an automotive radar from sensor_msgs/PointCloud2."""

from __future__ import annotations

from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.cloud_fields import field_names, read_cloud_fields

COLUMNS = ('x', 'y', 'z', 'rcs', 'relative', 'over_ground')
# Names that drivers and data sets give a field, the most telling first.
_NAMES: dict[str, tuple[str, ...]] = {
    'x': ('x',), 'y': ('y',), 'z': ('z',),
    'rcs': ('rcs', 'RCS', 'amplitude', 'power', 'snr', 'intensity'),
    'radial': ('doppler_velocity', 'doppler', 'range_rate', 'radial_speed', 'radial_velocity',
               'velocity', 'v_r', 'vr'),
    'vx': ('vx',), 'vy': ('vy',),
    'vx_comp': ('vx_comp',), 'vy_comp': ('vy_comp',),
}


def decode_radar_cloud(message: Any) -> np.ndarray:
    """Decode a sensor_msgs/PointCloud2 to echoes [P, 6] float32, in the order of COLUMNS.

    x, y, z in metres in the sensor's frame; the radar cross-section as it is, 0 where there is
    none; the radial velocity against the sensor and that over ground, m/s, positive for what
    goes away. The former is read from a field for it (doppler_velocity, range_rate, ...) or from
    vx and vy, the latter from vx_comp and vy_comp, as nuScenes names them, each projected on the
    ray; a column is NaN where the cloud lacks it. Echoes with a value that is NaN or infinite
    are removed. A scan without echoes is one: it says that nothing is there.

    Raises InputError naming the field: none of the echoes finite, no x, y or z, no velocity of
    either kind, and what `read_cloud_fields` refuses.
    """
    given = read_cloud_fields(message, _NAMES)
    missing = [name for name in ('x', 'y', 'z') if name not in given]
    if missing:
        raise InputError(f'fields: no {", ".join(missing)}, expected x, y and z, '
                         f'got {field_names(message)}')
    x, y = given['x'], given['y']
    with np.errstate(over='ignore', invalid='ignore'):
        reach = np.maximum(np.hypot(x, y), np.float32(1e-3))
        velocities = {}
        if 'radial' in given:
            velocities['relative'] = given['radial']
        elif 'vx' in given and 'vy' in given:
            velocities['relative'] = (given['vx'] * x + given['vy'] * y) / reach
        if 'vx_comp' in given and 'vy_comp' in given:
            velocities['over_ground'] = (given['vx_comp'] * x + given['vy_comp'] * y) / reach
        if not velocities:
            raise InputError(
                f'fields: no velocity, expected {", ".join(_NAMES["radial"][:3])}, vx and vy, or '
                f'vx_comp and vy_comp, got {field_names(message)}')
        measured = {**given, **velocities}
        measured.setdefault('rcs', np.zeros_like(x))
        known = [name for name in COLUMNS if name in measured]
        finite = np.isfinite(np.stack([measured[name] for name in known])).all(axis=0)
    if len(x) and not finite.any():
        raise InputError(f'data: none of the {len(x)} echoes is finite')
    nothing = np.full_like(x, np.nan)
    return np.stack([measured.get(name, nothing) for name in COLUMNS], axis=1)[finite]
