# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which sensors of a data set are imported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mpnp_ros.importing.error import DatasetError

ALL, NONE = 'all', 'none'


@dataclass(frozen=True)
class Channels:
    """Names of sensors by modality, or `all`, or `none`."""

    camera: tuple[str, ...] = (ALL,)
    lidar: tuple[str, ...] = (ALL,)
    radar: tuple[str, ...] = (ALL,)

    def has(self, modality: str, channel: str) -> bool:
        """Tell whether a sensor is wanted."""
        wanted = getattr(self, modality)
        return ALL in wanted or channel in wanted

    def check(self, place: object, known: Mapping[str, Collection[str]]) -> None:
        """Raise DatasetError where a sensor is wanted that the data set does not have.

        :param known: the names of its sensors by modality.
        """
        for modality in ('camera', 'lidar', 'radar'):
            there = known.get(modality, ())
            for channel in getattr(self, modality):
                if channel not in (ALL, NONE) and channel not in there:
                    raise DatasetError(
                        str(place), f'no {modality} {channel!r}: there is '
                        f'{", ".join(sorted(there)) or "none"}')
