# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in each sector of a sweep, and how far: what the network learns to tell."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np

from mpnp_ros.world.objects import KINDS
from mpnp_ros.world.truth import Seen

CLASSES = tuple(sorted(KINDS))
_GROUND_M = 0.15  # returns below this are the ground under an object
_MARGIN_M = 0.1


def sector_targets(objects: Sequence[Seen], points: np.ndarray,
                   sectors: int) -> tuple[np.ndarray, np.ndarray]:
    """Return presence [sectors, CLASSES] bool and distance [sectors, CLASSES] in metres.

    `points` [P, 3] are a sweep's, in the base frame. An object is in the sectors that returns from
    it lie in; the distance is that of the nearest such return over ground, 0 where there is none.
    The first sector's centre is straight ahead, the next one's to its left.
    """
    nearest = np.full((sectors, len(CLASSES)), np.inf, dtype=np.float32)
    standing = points[points[:, 2] > _GROUND_M]
    reach = np.hypot(standing[:, 0], standing[:, 1])
    turn = np.arctan2(standing[:, 1], standing[:, 0]) * (sectors / (2.0 * math.pi))
    sector = np.floor(turn + 0.5).astype(np.int64) % sectors
    for one in objects:
        if not one.hits:
            continue
        inside = one.box.contains(standing, _MARGIN_M)
        np.minimum.at(
            nearest[:, CLASSES.index(one.kind)], sector[inside], reach[inside])
    presence = np.isfinite(nearest)
    return presence, np.where(presence, nearest, np.float32(0))
