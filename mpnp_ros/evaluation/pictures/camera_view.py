# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Draw a camera's picture at the size it is looked at, with the boxes of what it shows."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np
from PIL import Image, ImageDraw

from mpnp_ros.evaluation.pictures.annotation import Annotation, EDGES, FRONT
from mpnp_ros.evaluation.pictures.palette import color_of, font, kind_of

_NEAR_M = 0.3   # edges are cut off this close to the camera
_FAR_M = 80.0   # boxes beyond are specks
_NAMED_PX = 26   # boxes at least this high are named
_ENLARGED = 2.0   # small pictures grow by this at most


def draw_camera_view(
    pixels: np.ndarray, boxes: Sequence[Annotation] = (), intrinsics: np.ndarray | None = None,
    *, max_width: int = 640,
) -> Image.Image:
    """Return a picture [H, W, 3] uint8 scaled to `max_width` pixels, or to twice its size.

    `boxes` are given in the optical frame of the camera (z ahead, x right, y down) and drawn
    where there are `intrinsics` [3, 3], in pixels of the picture as given.
    """
    height, width = pixels.shape[:2]
    scale = min(max_width / width, _ENLARGED)
    picture = Image.fromarray(pixels).resize(
        (max(round(width * scale), 1), max(round(height * scale), 1)), Image.Resampling.LANCZOS)
    if intrinsics is not None:
        canvas = ImageDraw.Draw(picture)
        # What is near is drawn last, over what is far, and named first.
        near_first = sorted((box for box in boxes if box.pose[2, 3] < _FAR_M),
                            key=lambda box: float(box.pose[2, 3]))
        drawn = [_draw_box(canvas, box, intrinsics, scale) for box in reversed(near_first)]
        _write_names(canvas, near_first, list(reversed(drawn)))
    return picture


def horizontal_field(intrinsics: np.ndarray, width: int) -> float:
    """Return how wide a camera of [3, 3] intrinsics and `width` pixels sees, rad."""
    return 2.0 * math.atan(width / 2.0 / float(intrinsics[0, 0]))


def _draw_box(canvas: ImageDraw.ImageDraw, box: Annotation, intrinsics: np.ndarray,
              scale: float) -> np.ndarray | None:
    """Draw a box; return the ends of its edges [24, 2] where it lies in front as a whole."""
    corners = box.corners()
    drawn = []
    for edge in EDGES:
        ends = _in_front(corners[list(edge)])
        if ends is None:
            continue
        image = ends @ intrinsics.T
        # The middle of the upper left pixel is (0, 0) before and after scaling.
        line = (image[:, :2] / image[:, 2:] + 0.5) * scale - 0.5
        canvas.line([tuple(end) for end in line.tolist()], fill=color_of(box),
                    width=2 if edge in FRONT else 1)
        drawn.append(line)
    return np.concatenate(drawn) if len(drawn) == len(EDGES) else None


def _write_names(canvas: ImageDraw.ImageDraw, boxes: Sequence[Annotation],
                 drawn: Sequence[np.ndarray | None]) -> None:
    """Name the boxes that are large enough, as far as the names do not cover each other."""
    width, height = canvas.im.size
    taken: list[tuple[float, float, float, float]] = []
    for box, ends in zip(boxes, drawn):
        if ends is None:
            continue
        (left, top), (right, bottom) = ends.min(axis=0), ends.max(axis=0)
        if bottom - top < _NAMED_PX or right < 0 or left > width or top > height:
            continue
        at, name = ((left + right) / 2, max(top - 3, 13)), kind_of(box)
        x0, y0, x1, y1 = canvas.textbbox(at, name, font=font(11), anchor='mb')
        around = x0 - 2, y0 - 1, x1 + 2, y1 + 1
        if any(_overlap(around, other) for other in taken):
            continue
        taken.append(around)
        canvas.rectangle(around, fill=(0, 0, 0))
        canvas.text(at, name, fill=color_of(box), font=font(11), anchor='mb')


def _overlap(one: tuple[float, float, float, float],
             other: tuple[float, float, float, float]) -> bool:
    return (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


def _in_front(ends: np.ndarray) -> np.ndarray | None:
    """Return the part of an edge [2, 3] in front of the camera, None where there is none."""
    depth = ends[:, 2]
    if (depth < _NEAR_M).all():
        return None
    ends = ends.copy()
    for behind, front in ((0, 1), (1, 0)):
        if depth[behind] < _NEAR_M:
            share = (_NEAR_M - depth[behind]) / (depth[front] - depth[behind])
            ends[behind] += (ends[front] - ends[behind]) * share
    return ends
