# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read sensor files: what kind of sensor, where it is mounted, how it measures.

`config/sensors/*.yaml` are examples: `kind`, `mounts` by name with `position` and `yaw_deg`, and
the fields of the kind, which hold for all mounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
import yaml

from mpnp_ros.world.sensing.imu import Imu
from mpnp_ros.world.sensing.lidar import Lidar
from mpnp_ros.world.sensing.microphones import Microphones
from mpnp_ros.world.sensing.radar import Radar
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.sensing.sensor import Sensor

KINDS: dict[str, type[Sensor]] = {
    'lidar': Lidar, 'radar': Radar, 'imu': Imu, 'microphones': Microphones}


class SensorFileError(ValueError):
    """A sensor file that cannot be used; a line for each cause: file, field, expected."""


def read_sensor_file(path: str | Path, **changes: Any) -> tuple[Sensor, ...]:
    """Return the sensors of a file, one for each mount, in its order.

    :param changes: fields that differ from the file's, e.g. `columns=256`.
    :raises FileNotFoundError: there is no such file.
    :raises SensorFileError: with one line for each cause.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SensorFileError(f'{path}: is no YAML: {error}') from error
    if not isinstance(content, dict):
        raise SensorFileError(f'{path}: expected a mapping with kind, mounts, ..., '
                              f'got {type(content).__name__}')
    kind, mounts = content.get('kind'), content.pop('mounts', None)
    if kind not in KINDS:
        raise SensorFileError(f'{path}: kind is {kind!r}: expected one of {", ".join(KINDS)}')
    if not isinstance(mounts, dict) or not mounts:
        raise SensorFileError(
            f'{path}: mounts: expected names of sensors with their position, got {mounts!r}')
    sensors, lines = [], []
    for name, mount in mounts.items():
        if not isinstance(mount, dict):
            lines.append(f'{path}: mounts.{name}: expected position and yaw_deg, got {mount!r}')
            continue
        try:
            sensors.append(KINDS[kind](**{**content, **changes, **mount, 'name': name}))
        except ValidationError as error:
            lines += [_sentence(path, details) for details in error.errors(include_url=False)]
    if lines:
        raise SensorFileError('\n'.join(dict.fromkeys(lines)))
    return tuple(sensors)


def rig_of(sensors: Iterable[Sensor]) -> SensingRig:
    """Return the sensors sorted by kind; raises ValueError for two of one name."""
    given = tuple(sensors)
    return SensingRig(
        lidars=tuple(s for s in given if isinstance(s, Lidar)),
        radars=tuple(s for s in given if isinstance(s, Radar)),
        imus=tuple(s for s in given if isinstance(s, Imu)),
        microphones=tuple(s for s in given if isinstance(s, Microphones)))


def _sentence(path: Path, details: Any) -> str:
    """Return one validation error as a line."""
    field = '.'.join(map(str, details['loc']))
    where = f'{path}: {field}' if field else f'{path}'
    if details['type'] == 'missing':
        return f'{where} is missing'
    if details['type'] == 'extra_forbidden':
        return f'{where} is unknown'
    if details['type'] == 'value_error':
        return f'{where}: {details["ctx"]["error"]}'
    message = details['msg'].removeprefix('Input should be ').removeprefix('a valid ')
    shown = repr(details['input'])
    return f'{where} is {shown[:80]}: expected {message[0].lower()}{message[1:]}'
