# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The adaptations that are compared, and which sensors answer after each."""

from __future__ import annotations

from dataclasses import dataclass

from adaptation_cases.choice import CAMERA, LIDAR, NIGHT

LIDAR_ONLY = 'lidar only'


@dataclass(frozen=True)
class Case:
    """One goal of the action, and how it is judged.

    :ivar title: in tables.
    :ivar time: of the scenes that the samples are from; '': any, in all conditions.
    :ivar modalities: those that are learned; none: all, which is the action's default.
    :ivar answering: titles of what answers afterwards, with the modalities attached.
    """

    title: str
    time: str
    modalities: tuple[str, ...]
    answering: dict[str, tuple[str, ...]]


CASES = {
    'lidar': Case('lidar plugged in, camera as it was', NIGHT, (LIDAR,), {
        'camera and lidar': (CAMERA, LIDAR), LIDAR_ONLY: (LIDAR,)}),
    'camera': Case('camera learned again, no lidar', NIGHT, (CAMERA,), {'camera': (CAMERA,)}),
    'both': Case('lidar plugged in, camera learned again', NIGHT, (), {
        'camera and lidar': (CAMERA, LIDAR)}),
    'everywhere': Case('lidar plugged in, samples of all conditions', '', (LIDAR,), {
        'camera and lidar': (CAMERA, LIDAR)}),
}
