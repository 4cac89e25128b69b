# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Bayer mosaics to RGB."""

from __future__ import annotations

import numpy as np

from mpnp_ros.encoders.base import InputError

# Where red lies in the 2x2 tile of each pattern: (row, column). Blue lies diagonally opposite.
RED = {'rggb': (0, 0), 'bggr': (1, 1), 'gbrg': (1, 0), 'grbg': (0, 1)}


def demosaic(mosaic: np.ndarray, pattern: str) -> np.ndarray:
    """Interpolate a Bayer mosaic [H, W] uint8 bilinearly to RGB [H, W, 3] uint8.

    `pattern` names the top left 2x2 tile in reading order, as sensor_msgs does
    (image_encodings.hpp): 'rggb', 'bggr', 'gbrg' or 'grbg'. Borders are mirrored about the
    outermost pixel, which keeps the tiling. Raises InputError for less than one tile.
    """
    height, width = mosaic.shape
    if height < 2 or width < 2:
        raise InputError(
            f'height, width: a Bayer mosaic needs at least 2 x 2 pixels, got {height} x {width}'
        )
    padded = np.pad(mosaic, 1, mode='reflect').astype(np.uint16)  # [H + 2, W + 2]
    rgb = np.empty((height, width, 3), dtype=np.uint8)
    red_row, red_column = RED[pattern]
    for row in (0, 1):
        for column in (0, 1):
            tile = rgb[row::2, column::2]  # [h, w, 3]: every pixel at this place of its 2x2 tile
            # The same pixels in the mosaic, in the middle, among their eight neighbours.
            (nw, n, ne), (w, own, e), (sw, s, se) = (
                [padded[y:y + height - row:2, x:x + width - column:2]
                 for x in range(column, column + 3)]
                for y in range(row, row + 3)
            )
            if (row == red_row) == (column == red_column):
                here, opposite = (0, 2) if row == red_row else (2, 0)
                tile[..., here] = own
                tile[..., 1] = (n + s + w + e + 2) >> 2
                tile[..., opposite] = (nw + ne + sw + se + 2) >> 2
            else:
                beside, above = (0, 2) if row == red_row else (2, 0)
                tile[..., beside] = (w + e + 1) >> 1
                tile[..., 1] = own
                tile[..., above] = (n + s + 1) >> 1
    return rgb
