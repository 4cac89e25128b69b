# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where the views of a modality look: parameters, CameraInfo and static transforms."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

import numpy as np

from mpnp_ros.core.transforms import matrix_from, TransformTree
from mpnp_ros.encoders.base import View
from mpnp_ros.suite.parameters import ViewParameters


class ViewGeometry:
    """Learn from a view's messages where it looks; messages are duck-typed.

    `lookup(target, source)` returns target_from_source [4, 4], or None where it is not known.
    """

    def __init__(self, name: str, given: ViewParameters, base_frame: str,
                 lookup: Callable[[str, str], np.ndarray | None]) -> None:
        self._name, self._given, self._base_frame = name, given, base_frame
        self._lookup = lookup
        self._info: Any = None
        self.frame_id = ''
        """Frame of the view's last message; empty before the first."""

    def take_info(self, info: Any) -> None:
        """Take a sensor_msgs/msg/CameraInfo of the view."""
        # REP 104: a zero focal length marks an uncalibrated camera.
        if info.k[0] > 0.0 and info.width and info.height:
            self._info = info

    def view(self) -> View:
        """Return where the view looks, as far as it is known by now."""
        intrinsics, size = None, None
        if self._info is not None:
            intrinsics = np.asarray(self._info.k, dtype=np.float64).reshape(3, 3)
            size = (int(self._info.width), int(self._info.height))
        given = self._given
        return View(
            name=self._name,
            base_from_sensor=(
                self._lookup(self._base_frame, self.frame_id) if self.frame_id else None),
            intrinsics=intrinsics,
            image_size=size,
            azimuth=None if math.isnan(given.azimuth_deg) else math.radians(given.azimuth_deg),
            hfov=None if math.isnan(given.hfov_deg) else math.radians(given.hfov_deg),
        )


def take_transforms(tree: TransformTree, message: Any) -> list[str]:
    """Put a tf2_msgs/msg/TFMessage, duck-typed, into a tree; return what was ignored and why."""
    ignored = []
    for transform in message.transforms:
        move, turn = transform.transform.translation, transform.transform.rotation
        parent = transform.header.frame_id.lstrip('/')
        child = transform.child_frame_id.lstrip('/')
        try:
            tree.set(parent, child, matrix_from(
                np.array([move.x, move.y, move.z]), np.array([turn.x, turn.y, turn.z, turn.w])))
        except ValueError as error:
            ignored.append(f'{parent} <- {child} ignored: {error}')
    return ignored
