# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a camera of a bag shows, and through which lens."""

from __future__ import annotations

from typing import Any

import numpy as np

from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.encoders.image import decode_image
from mpnp_ros.evaluation.pictures.drive_topics import COMPRESSED, SensorTopic


def decode_picture(camera: SensorTopic, message: Any, min_side: int = 0) -> np.ndarray:
    """Return a camera's picture as RGB [H, W, 3] uint8.

    With `min_side` > 0 it may be smaller, but neither side shorter than that. Raises InputError.
    """
    if camera.type == COMPRESSED:
        return decode_compressed_image(message, min_side=min_side)
    return decode_image(message)


def intrinsics_of(camera: SensorTopic, info: Any, width: int) -> np.ndarray | None:
    """Return K [3, 3] of a CameraInfo for pictures of a width, pixels.

    None where it is not known, and where the lens bends straight lines.
    """
    if info is None or not info.width or not info.k[0] > 0.0:
        return None
    matrix = np.array(info.k, dtype=np.float64).reshape(3, 3)
    if np.any(np.abs(np.asarray(info.d, dtype=np.float64)) > 1e-9):
        if 'rect' not in camera.topic:
            return None
        matrix = np.array(info.p, dtype=np.float64).reshape(3, 4)[:, :3]
    scale = width / int(info.width)
    # The middle of the upper left pixel is (0, 0) at every size.
    matrix[:2] *= scale
    matrix[:2, 2] += (scale - 1.0) / 2.0
    return matrix
