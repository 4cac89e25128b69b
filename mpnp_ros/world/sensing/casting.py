# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the sensors ask of the world: what rays meet."""

from __future__ import annotations

from collections.abc import Callable

from mpnp_ros.world.geometry import Array
from mpnp_ros.world.hits import Hits

Caster = Callable[[Array, Array, float], Hits]
"""Cast rays: origin [3] and unit directions [S, 3] in the world, range in metres."""
