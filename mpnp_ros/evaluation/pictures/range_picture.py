# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Draw the range image of a sweep: once around the robot, near red, far blue."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mpnp_ros.encoders.range_view import project, RangeView
from mpnp_ros.evaluation.pictures.palette import BACKGROUND, font, rainbow, TEXT

_ROWS = 64
_ROW_PX = 2
_AXIS_PX = 16
_NEAR_M, _FAR_M = 1.0, 80.0   # ends of the colours
_FIELD_DEG = 2.0   # least height of the field that is shown
_OWN_M = 1.0   # nearer returns are the robot itself
_GAP_PX = 5   # gaps between shots up to this are closed: sweeps are coarser than the picture
_DIRECTIONS = ('behind', 'left', 'ahead', 'right', 'behind')


def draw_range_image(
    points: np.ndarray, base_from_sensor: np.ndarray | None = None, *, width: int = 640,
) -> Image.Image:
    """Return a picture `width` pixels wide: ahead in the middle, left of the robot to the left.

    `points` [P, 4] (x, y, z in metres, intensity) are given in the sensor's frame. Rows are
    elevations, as many as the sweep has. The strip below says where is what.
    """
    image = project(points, _view(points, width), base_from_sensor)
    # Columns run counter-clockwise from straight ahead; the picture begins behind, on the left.
    reach = np.roll(image.channels[0], -(width // 2), axis=1)[:, ::-1]   # [H, W]
    seen = np.roll(image.mask, -(width // 2), axis=1)[:, ::-1]
    share = np.log(np.clip(reach, _NEAR_M, _FAR_M) / _NEAR_M) / math.log(_FAR_M / _NEAR_M)
    nearness = np.where(seen, 255.0 - 254.0 * share, 0.0).astype(np.uint8)   # 0: nothing
    closed = np.array(Image.fromarray(nearness).filter(
        ImageFilter.MaxFilter(_GAP_PX)).filter(ImageFilter.MinFilter(_GAP_PX)))
    nearness = np.where(seen, nearness, closed)
    colors = rainbow(0.05 + 0.85 * nearness / 255.0)
    colors[nearness == 0] = BACKGROUND
    picture = Image.new('RGB', (width, _ROWS * _ROW_PX + _AXIS_PX), BACKGROUND)
    picture.paste(Image.fromarray(colors).resize(
        (width, _ROWS * _ROW_PX), Image.Resampling.NEAREST))
    _write(ImageDraw.Draw(picture), width)
    return picture


def _view(points: np.ndarray, width: int) -> RangeView:
    """Return a raster as high as the field of the sensor, told from what it saw."""
    flat = np.hypot(points[:, 0], points[:, 1])
    beyond = np.hypot(flat, points[:, 2]) >= _OWN_M
    elevation = np.degrees(np.arctan2(points[beyond, 2], flat[beyond]))
    down, up = np.quantile(elevation, [0.002, 0.998]) if len(elevation) else (-1.0, 1.0)
    middle, half = (up + down) / 2.0, max((up - down) / 2.0, _FIELD_DEG / 2.0)
    return RangeView(beams=_ROWS, columns=width, sectors=width, fov_up=float(middle + half),
                     fov_down=float(middle - half), min_range=_OWN_M, max_range=1e4)


def _write(canvas: ImageDraw.ImageDraw, width: int) -> None:
    top = _ROWS * _ROW_PX
    for index, direction in enumerate(_DIRECTIONS):
        x = index * (width - 1) / (len(_DIRECTIONS) - 1)
        anchor = 'lm' if index == 0 else 'rm' if index == len(_DIRECTIONS) - 1 else 'mm'
        if anchor == 'mm':
            canvas.line([(x, top), (x, top + 3)], fill=TEXT)
        canvas.text((x, top + _AXIS_PX / 2 + 1), direction, fill=TEXT, font=font(11),
                    anchor=anchor)
    # What the colours mean, between 'ahead' and 'right'.
    left, right = round(width * 0.57), round(width * 0.68)
    bar = rainbow(0.05 + 0.85 * np.linspace(1.0, 0.0, right - left))[None]
    for x, color in enumerate(bar[0].tolist(), left):
        canvas.line([(x, top + 6), (x, top + 11)], fill=tuple(color))
    canvas.text((left - 3, top + _AXIS_PX / 2 + 1), f'{_NEAR_M:g}', fill=TEXT, font=font(11),
                anchor='rm')
    canvas.text((right + 3, top + _AXIS_PX / 2 + 1), f'{_FAR_M:g} m', fill=TEXT, font=font(11),
                anchor='lm')
