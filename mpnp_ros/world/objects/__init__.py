# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of objects in a street: how large they are and what they look like.

A new kind is one function, registered under nuScenes-QA's name for it.
"""

from mpnp_ros.world.objects import bus, car, construction, cycles  # noqa: F401
from mpnp_ros.world.objects import lorries, people, works  # noqa: F401
from mpnp_ros.world.objects.kind import Kind, KINDS, Size
from mpnp_ros.world.objects.paint import PAINTS, VEHICLE_COLORS

__all__ = ['Kind', 'KINDS', 'PAINTS', 'Size', 'VEHICLE_COLORS']
