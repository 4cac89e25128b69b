# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What rays that were sent into a scene met first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array


@dataclass(frozen=True)
class Hits:
    """What each of S rays met; one that met nothing in reach has actor -1 and a nan distance.

    :ivar distance: [S] metres along the ray.
    :ivar actor: [S] index in the scene, -1 for the background and for nothing.
    :ivar cosine: [S] of the angle between the ray and the surface's normal, 0..1; 0 for nothing.
    :ivar reflectivity: [S] share of the light that the surface gives back, 0..1; 0 for nothing.
    """

    distance: Array
    actor: NDArray[np.int16]
    cosine: Array
    reflectivity: Array

    @property
    def met(self) -> NDArray[np.bool_]:
        """Return which rays [S] met something."""
        found: NDArray[np.bool_] = np.isfinite(self.distance)
        return found
