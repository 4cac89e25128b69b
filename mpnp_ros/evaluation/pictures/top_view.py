# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Draw what a lidar gave from above: points, rings of distance, boxes, the robot in the middle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from PIL import Image, ImageDraw

from mpnp_ros.evaluation.pictures.annotation import Annotation
from mpnp_ros.evaluation.pictures.palette import (
    BACKGROUND,
    color_of,
    EGO,
    font,
    GRID,
    height_colors,
    kind_of,
    TEXT,
)

_RING_M = 10.0
_REACH_M = (10.0, 60.0)   # smallest and largest half side
_FINE = 2   # lines are drawn this much larger and scaled down, so that they are smooth
_EGO = ((7, 0), (-5, 5), (-2, 0), (-5, -5))   # pixels ahead and to the left of the base


@dataclass(frozen=True)
class Sight:
    """What a camera sees of the ground: where it stands, where it looks, and how wide; m, rad."""

    name: str
    x: float
    y: float
    azimuth: float
    hfov: float


def draw_top_view(
    points: np.ndarray, boxes: Sequence[Annotation] = (), *, size: int = 480,
    sights: Sequence[Sight] = (), note: str = '',
) -> Image.Image:
    """Return a square picture of `size` pixels: the base in the middle, its +x up.

    `points` [P, 4] (x, y, z in metres, intensity) and the boxes are given in the base frame; so
    much is shown that nearly all of them lie inside. Points are coloured by height, boxes by
    kind; the edge of a box that faces ahead is thick.
    """
    view = _View(size, _reach(points, boxes))
    under = Image.new('RGB', (size * _FINE, size * _FINE), BACKGROUND)
    _draw_grid(ImageDraw.Draw(under), view, sights)
    picture = under.resize((size, size), Image.Resampling.LANCZOS)
    _put_points(picture, points, view)
    over = Image.new('RGBA', (size * _FINE, size * _FINE), (0, 0, 0, 0))
    lines = ImageDraw.Draw(over)
    for box in boxes:
        _draw_box(lines, box, view)
    _draw_ego(lines, view)
    picture.paste(over := over.resize((size, size), Image.Resampling.LANCZOS), mask=over)
    _write(ImageDraw.Draw(picture), view, sights, boxes, note)
    return picture


@dataclass(frozen=True)
class _View:
    size: int
    reach_m: float

    def pixels(self, places: np.ndarray, fine: int = 1) -> np.ndarray:
        """Return pixels [P, 2] of places [P, 2 or 3] in the base frame."""
        scale = fine * self.size / (2.0 * self.reach_m)
        half = fine * self.size / 2.0
        return np.column_stack([half - places[:, 1] * scale, half - places[:, 0] * scale])


def _reach(points: np.ndarray, boxes: Sequence[Annotation]) -> float:
    """Return half the side of the picture, m, in steps of a ring."""
    far = [float(np.quantile(np.hypot(points[:, 0], points[:, 1]), 0.95))] if len(points) else []
    if boxes:
        far.append(float(np.quantile(
            [np.hypot(*box.corners()[:, :2].T).max() for box in boxes], 0.8)))
    rings = math.ceil(max(far, default=0.0) / _RING_M) * _RING_M
    return min(max(rings, _REACH_M[0]), _REACH_M[1])


def _draw_grid(canvas: ImageDraw.ImageDraw, view: _View, sights: Sequence[Sight]) -> None:
    for sight in sights:
        turns = sight.azimuth + np.linspace(-0.5, 0.5, 25) * sight.hfov
        rim = np.column_stack([np.cos(turns), np.sin(turns)]) * (2.0 * view.reach_m)
        fan = np.concatenate([[[0.0, 0.0]], rim]) + [sight.x, sight.y]
        if len(sights) == 1:
            canvas.polygon(_ends(view.pixels(fan, _FINE)), fill=(21, 27, 37))
        for edge in (fan[[0, 1]], fan[[0, -1]]):
            canvas.line(_ends(view.pixels(edge, _FINE)), fill=(36, 48, 66), width=_FINE)
    for radius in np.arange(_RING_M, 1.5 * view.reach_m, _RING_M):
        (left, top), (right, bottom) = view.pixels(
            np.array([[radius, radius], [-radius, -radius]]), _FINE)
        canvas.ellipse((left, top, right, bottom), outline=GRID, width=_FINE)


def _put_points(picture: Image.Image, points: np.ndarray, view: _View) -> None:
    pixels = np.array(picture)
    points = points[np.argsort(points[:, 2], kind='stable')]   # the highest lie on top
    spots = np.floor(view.pixels(points)).astype(int)
    inside = ((spots >= 0) & (spots < view.size)).all(axis=1)
    colors = height_colors(points[inside, 2])
    pixels[spots[inside, 1], spots[inside, 0]] = colors
    picture.paste(Image.fromarray(pixels))


def _draw_box(canvas: ImageDraw.ImageDraw, box: Annotation, view: _View) -> None:
    ground = _ends(view.pixels(box.corners()[:4], _FINE))
    color = color_of(box)
    canvas.polygon(ground, fill=(*color, 45))
    canvas.line([*ground, ground[0]], fill=color, width=_FINE, joint='curve')
    canvas.line([ground[3], ground[0]], fill=color, width=3 * _FINE)


def _draw_ego(canvas: ImageDraw.ImageDraw, view: _View) -> None:
    # Not to scale: the bag does not say how large the robot is.
    half = view.size * _FINE / 2
    canvas.polygon([(half - left * _FINE, half - ahead * _FINE) for ahead, left in _EGO],
                   fill=EGO)


def _write(canvas: ImageDraw.ImageDraw, view: _View, sights: Sequence[Sight],
           boxes: Sequence[Annotation], note: str) -> None:
    for radius in np.arange(_RING_M, view.reach_m + 0.1, _RING_M):
        # Along a diagonal, where neither the robot nor the street ahead lies.
        place = np.array([[-radius, radius]]) * math.sqrt(0.5)
        x, y = view.pixels(place)[0]
        canvas.text((x, y), f'{radius:g} m', fill=TEXT, font=font(11), anchor='mm')
    for sight in sights:
        ahead, left = math.cos(sight.azimuth), math.sin(sight.azimuth)
        # On the rim of the picture, which is square.
        rim = view.reach_m * 0.96 / max(abs(ahead), abs(left))
        x, y = view.pixels(np.array([[ahead, left]]) * rim)[0]
        anchor = 'l' if left > 0.1 else 'r' if left < -0.1 else 'm'
        canvas.text((x, y), sight.name, fill=TEXT, font=font(11), anchor=f'{anchor}m')
    if note:
        canvas.text((6, 4), note, fill=TEXT, font=font(12))
    shown = [box for box in boxes
             if (np.abs(box.pose[:2, 3]) <= view.reach_m).all()]
    colors = {kind_of(box): color_of(box) for box in shown}
    line = view.size - 8 - 15 * len(colors)
    for kind, count in sorted(Counter(map(kind_of, shown)).items()):
        canvas.rectangle((6, line + 3, 14, line + 11), fill=colors[kind])
        canvas.text((19, line), f'{count} {kind}', fill=TEXT, font=font(12))
        line += 15


def _ends(pixels: np.ndarray) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in pixels]
