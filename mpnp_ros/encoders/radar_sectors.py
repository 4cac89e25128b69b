# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode the echoes of automotive radars as tokens of azimuth sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, ClassVar

import numpy as np

from mpnp_ros.encoders.base import InputError, option, register, View
from mpnp_ros.encoders.formula_encoder import FormulaEncoder
from mpnp_ros.encoders.heading import heading, wrapped
from mpnp_ros.encoders.quality import Flaw, judged, of_views, Quality, ramp
from mpnp_ros.encoders.radar_cloud import COLUMNS, decode_radar_cloud
from mpnp_ros.encoders.radar_statistics import Echoes, NAMES, Scales, statistics


_WEAK_DBSM = -4.0   # echoes below this are clutter more often than not
_FEW = 8   # echoes of which no share says much


@register('radar_sectors')
class RadarSectors(FormulaEncoder):
    """Encode radar echoes as one token per sector of each radar's field of view.

    Input: echoes [P, 6] float32 per view, see `radar_cloud.COLUMNS`.
    Output: tokens [views * sectors, width] in [-1, 1], `radar_statistics.NAMES`, the sectors of a
    view from right to left; azimuth: of the sector's middle, NaN where the mount is not known.

    Sectors divide the field of view around the sensor's x axis. Distances and azimuths are those
    from the base's origin where the mount is known, so that all radars tell of one place alike.
    """

    version: ClassVar[int] = 1
    message_types: ClassVar[tuple[str, ...]] = ('sensor_msgs/msg/PointCloud2',)

    @dataclass(frozen=True)
    class Options:
        """Defaults: the radars of nuScenes."""

        sectors: int = option(
            6, "Sectors of azimuth that divide a radar's field of view.", minimum=1, maximum=128)
        field_of_view: float = option(
            120.0, 'Field of view of a radar, degrees; echoes beyond it go to the outermost '
            'sectors.', minimum=1.0, maximum=360.0)
        min_range: float = option(
            0.5, 'Echoes nearer to the radar than this are left out, metres.', minimum=0.0)
        max_range: float = option(
            100.0, 'Echoes further from the radar than this are left out, metres.',
            minimum=2.0, maximum=1000.0)
        max_speed: float = option(
            20.0, 'Radial velocity at the end of the scale, m/s.', minimum=1.0, maximum=200.0)
        moving: float = option(
            0.7, 'What is radially faster than this over ground moves, m/s.', minimum=0.0)

    @property
    def width(self) -> int:
        """Return the number of values per token."""
        return len(NAMES)

    def decode(self, message: Any) -> np.ndarray:
        """Decode a sensor_msgs/PointCloud2 to echoes [P, 6] float32; raises InputError."""
        return decode_radar_cloud(message)

    def describe(self, sample: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
        """Return the tokens of one radar and their azimuths; see the class."""
        given = self.options
        if sample.ndim != 2 or sample.shape[1] != len(COLUMNS):
            raise InputError(f'sample of view {view.name!r}: expected echoes [P, {len(COLUMNS)}], '
                             f'got {list(sample.shape)}')
        if not np.isfinite(sample[:, :4]).all():
            raise InputError(f'sample of view {view.name!r}: an echo is not finite')
        echoes = sample.astype(np.float64)
        reach = np.linalg.norm(echoes[:, :3], axis=1)
        echoes = echoes[(reach >= given.min_range) & (reach <= given.max_range)]
        places = echoes[:, :3]
        ahead = heading(view)
        if view.base_from_sensor is not None:
            pose = np.asarray(view.base_from_sensor, dtype=np.float64)
            places = places @ pose[:3, :3].T + pose[:3, 3]
        elif math.isfinite(ahead):
            cos, sin = math.cos(ahead), math.sin(ahead)
            places = places @ np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        middle = ahead if math.isfinite(ahead) else 0.0
        off = wrapped(np.arctan2(places[:, 1], places[:, 0]) - middle).astype(np.float64)
        size = math.radians(given.field_of_view) / given.sectors
        place = (off + math.radians(given.field_of_view) / 2.0) / size   # [P] in sectors
        sector = np.clip(np.floor(place), 0, given.sectors - 1).astype(np.int64)
        within = np.clip(2.0 * (place - sector) - 1.0, -1.0, 1.0)
        distance = np.hypot(places[:, 0], places[:, 1])
        middles = ahead + (np.arange(given.sectors) + 0.5) * size \
            - math.radians(given.field_of_view) / 2.0
        scales = Scales(given.max_range, given.max_speed, given.moving)
        tokens = []
        for number, azimuth in enumerate(middles):
            mine = sector == number
            tokens.append(statistics(
                Echoes(distance[mine], within[mine], *echoes[mine, 3:6].T), azimuth, scales))
        return np.stack(tokens), wrapped(middles)

    def quality(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Quality | None:
        """Judge the number of echoes and the share of weak ones, mostly clutter."""
        return of_views({view.name: scan_quality(echoes)
                         for echoes, view in zip(samples, views, strict=True)})

    @staticmethod
    def never_repeats(message: Any) -> Any:
        """Return the echoes' bytes; scans without echoes are all alike."""
        return message.data if len(message.data) else None


def scan_quality(echoes: np.ndarray) -> Quality:
    """Judge a scan [P, 6].

    Measures: 'echoes' (their number) and 'clutter' (share of those below -4 dBsm). No echo at
    all is rare where there are streets, so a little doubt is left that the radar is blind.
    """
    weak = float((echoes[:, 3] < _WEAK_DBSM).mean()) if len(echoes) else 0.0
    return judged({'echoes': float(len(echoes)), 'clutter': weak}, [
        Flaw(1.0 if len(echoes) else 0.7, 'no echoes'),
        Flaw(ramp(weak, 1.0, 0.7) if len(echoes) >= _FEW else 1.0,
             f'clutter ({weak:.0%} of {len(echoes)} echoes are weak)')])
