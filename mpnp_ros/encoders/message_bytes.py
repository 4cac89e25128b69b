# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The byte payload of a sensor message as an array, without copying it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError


def message_bytes(data: Any, field: str) -> np.ndarray:
    """Return the uint8[] field of a message as a flat array [bytes] that aliases it.

    Accepts what ROS clients put there: array.array (rclpy), bytes (raw CDR readers), uint8
    arrays (rosbags) and any other contiguous buffer. A list of numbers is copied.
    Raises InputError naming `field` when it is none of these.
    """
    if isinstance(data, list):
        try:
            data = bytes(data)
        except (TypeError, ValueError) as error:
            raise InputError(f'{field}: expected values 0 to 255, got {error}') from error
    try:
        return np.frombuffer(data, dtype=np.uint8)  # [bytes]
    except (TypeError, ValueError, BufferError) as error:
        # numpy refuses an empty buffer; to the caller that is only a length of zero.
        if hasattr(data, '__len__') and len(data) == 0:
            return np.empty(0, dtype=np.uint8)
        raise InputError(
            f'{field}: expected a contiguous buffer of bytes, got {type(data).__name__}'
        ) from error
