# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What every sensor has: a name, a frame and a place on the vehicle."""

from __future__ import annotations

import math

import numpy as np

try:
    from pydantic import BaseModel, ConfigDict, Field
except ImportError as error:   # none, or pydantic 1
    raise ImportError("sensor files need pydantic 2: pip install 'mpnp_ros[world]'") from error

from mpnp_ros.world.geometry import Array

__all__ = ['Field', 'Part', 'Sensor']


class Part(BaseModel):
    """A part of a sensor file: unknown fields, other types and NaN are refused."""

    model_config = ConfigDict(extra='forbid', frozen=True, allow_inf_nan=False)


class Sensor(Part):
    """A sensor that is mounted level on the vehicle; its name is its frame too."""

    name: str = Field(min_length=1, pattern='^[a-z][a-z0-9_]*$')
    position: tuple[float, float, float] = Field(description='In base_link, m.')
    yaw_deg: float = Field(
        0.0, ge=-360.0, le=360.0, description='Where its x axis points in base_link.')

    @property
    def frame_id(self) -> str:
        """Return the frame that its messages are given in."""
        return self.name

    @property
    def base_from_sensor(self) -> Array:
        """Return the transform [4, 4] from the sensor's frame to base_link."""
        yaw = math.radians(self.yaw_deg)
        transform = np.eye(4)
        transform[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
        transform[:3, 3] = self.position
        return transform
