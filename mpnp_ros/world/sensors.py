# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The ego's sensors: where they sit, how they see, and the frames they are reported in.

Frames (REP 103 and REP 105): base_link, on the ground under the middle of the rear axle, x
forward, y left, z up; camera optical frames, z forward, x right, y down; lidar frames like
base_link.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import apply, Array, invert

BASE_FRAME = 'base_link'
_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion, level, looking along `yaw` in base_link."""

    name: str
    frame_id: str
    position: tuple[float, float, float]  # in base_link, m
    yaw: float  # rad
    width: int  # pixels
    height: int  # pixels
    hfov: float  # horizontal field of view, rad

    @property
    def intrinsics(self) -> Array:
        """Return K [3, 3] in pixels; (0, 0) is the middle of the upper left pixel."""
        focal = self.width / 2.0 / math.tan(self.hfov / 2.0)
        return np.array(
            [[focal, 0.0, (self.width - 1) / 2.0], [0.0, focal, (self.height - 1) / 2.0],
             [0.0, 0.0, 1.0]]
        )

    @property
    def vfov(self) -> float:
        """Return the vertical field of view in radians (square pixels)."""
        return 2.0 * math.atan(math.tan(self.hfov / 2.0) * self.height / self.width)

    @property
    def base_from_sensor(self) -> Array:
        """Return the transform [4, 4] from the optical frame to base_link."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        transform = np.eye(4)
        transform[:3, :3] = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ _OPTICAL
        transform[:3, 3] = self.position
        return transform

    def project(self, points: Array) -> tuple[Array, Array]:
        """Project points [P, 3] in base_link to pixels [P, 2] and depths [P] in metres.

        Pixels of points that are not in front of the camera (depth <= 0) mean nothing.
        """
        seen = apply(invert(self.base_from_sensor), points)
        depth = seen[:, 2]
        image = seen @ self.intrinsics.T
        return image[:, :2] / np.where(depth > 0.0, depth, 1.0)[:, None], depth


@dataclass(frozen=True)
class Lidar:
    """A spinning lidar: `beams` rings between two elevations, `columns` shots per turn."""

    name: str
    frame_id: str
    position: tuple[float, float, float]  # in base_link, m
    beams: int
    lowest: float  # elevation of ring 0, rad
    highest: float  # elevation of the last ring, rad
    columns: int
    max_range: float  # m
    noise: float  # standard deviation of the range, m
    resolution: float  # of the coordinates that it reports, m

    @property
    def base_from_sensor(self) -> Array:
        """Return the transform [4, 4] from the lidar frame to base_link."""
        transform = np.eye(4)
        transform[:3, 3] = self.position
        return transform

    @property
    def rings(self) -> NDArray[np.uint16]:
        """Return the ring [columns * beams] of each shot, in the order they are fired."""
        return np.tile(np.arange(self.beams, dtype=np.uint16), self.columns)

    @property
    def directions(self) -> Array:
        """Return the unit direction [columns * beams, 3] of each shot in the lidar frame.

        A turn starts behind and goes clockwise, as seen from above.
        """
        azimuth = math.pi - 2.0 * math.pi * (np.arange(self.columns) + 0.5) / self.columns
        elevation = np.linspace(self.lowest, self.highest, self.beams)
        azimuth, elevation = (a.ravel() for a in np.meshgrid(azimuth, elevation, indexing='ij'))
        return np.column_stack(
            [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
             np.sin(elevation)]
        )


@dataclass(frozen=True)
class Rig:
    """The cameras of one vehicle, each with a name of its own, and its lidar."""

    cameras: tuple[Camera, ...]
    lidar: Lidar

    @property
    def camera(self) -> Camera:
        """Return the first camera, the only one of the demo."""
        return self.cameras[0]


# Places as on the nuScenes car, rounded; its HDL-32E lidar has 32 beams from +10 to -30 degrees.
RIG = Rig(
    cameras=(Camera(
        name='front', frame_id='camera_front_optical_frame', position=(1.70, 0.0, 1.51), yaw=0.0,
        width=320, height=240, hfov=math.radians(80.0),
    ),),
    lidar=Lidar(
        name='top', frame_id='lidar_top', position=(0.94, 0.0, 1.84), beams=32,
        lowest=math.radians(-30.0), highest=math.radians(10.0), columns=512, max_range=60.0,
        noise=0.02, resolution=1.0 / 64.0,
    ),
)
# Name, place in base_link (m), where it looks and how wide (degrees), as on the nuScenes car.
_SIX = (
    ('front', (1.70, 0.02, 1.51), 0.3, 64.6),
    ('front_left', (1.52, 0.49, 1.51), 55.2, 64.5),
    ('front_right', (1.55, -0.49, 1.50), -56.4, 64.8),
    ('back', (0.03, 0.00, 1.58), 179.9, 89.3),
    ('back_left', (1.04, 0.48, 1.56), 108.6, 65.1),
    ('back_right', (1.06, -0.46, 1.56), -110.6, 64.9),
)


def six_cameras(width: int = 320, height: int = 180) -> tuple[Camera, ...]:
    """Return cameras that look everywhere, in nuScenes' arrangement, of one picture size."""
    return tuple(
        Camera(name, f'camera_{name}_optical_frame', place, math.radians(yaw), width, height,
               math.radians(hfov))
        for name, place, yaw, hfov in _SIX)
