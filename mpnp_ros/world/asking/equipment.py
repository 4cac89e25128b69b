# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which sensors a vehicle has, and which of them the conditions leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# The names of a vehicle's sensors, by modality.
Equipment = Mapping[str, tuple[str, ...]]

_AROUND = ('front', 'front_left', 'front_right', 'back_left', 'back_right')
STANDARD: Equipment = {
    'camera': (*_AROUND, 'back'), 'lidar': ('lidar_top',),
    'radar': tuple(f'radar_{name}' for name in _AROUND), 'imu': ('imu',),
    'microphone': ('microphones',)}
MODALITIES = tuple(STANDARD)

_GONE = ('dead ', 'blinded ')


class Working:
    """Tell what works of a vehicle's sensors.

    A condition 'dead <sensor>' or 'blinded <sensor>' takes a sensor away: by its name, a camera
    with the word before it ('dead camera front left'), or all of a modality ('dead lidar'). Other
    conditions take nothing: night, fog and dirt show in how many pixels an object has, rain and
    dust in what the lidar returns.

    :param conditions: as `Truth` names them.
    :raises ValueError: the equipment has a modality that is none of MODALITIES.
    """

    def __init__(self, conditions: Iterable[str], equipment: Equipment = STANDARD) -> None:
        unknown = sorted(set(equipment) - set(MODALITIES))
        if unknown:
            raise ValueError(f'sensors of {", ".join(unknown)}: expected some of '
                             f'{", ".join(MODALITIES)}')
        gone = {condition.removeprefix(word) for condition in map(_plain, conditions)
                for word in _GONE if condition.startswith(word)}
        self._all = {modality: len(names) for modality, names in equipment.items()}
        self._left = {
            modality: {_plain(name) for name in names if modality not in gone
                       and not {_plain(name), f'{modality} {_plain(name)}'} & gone}
            for modality, names in equipment.items()}

    def any(self, modality: str) -> bool:
        """Tell whether a sensor of a modality works."""
        return bool(self._left.get(modality))

    def all(self, modality: str) -> bool:
        """Tell whether there are sensors of a modality, and all of them work."""
        return self.any(modality) and len(self._left[modality]) == self._all[modality]

    def one(self, modality: str, name: str) -> bool:
        """Tell whether the sensor of a name works."""
        return _plain(name) in self._left.get(modality, ())


def _plain(text: str) -> str:
    return ' '.join(text.lower().replace('_', ' ').split())
