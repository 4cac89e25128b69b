# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One picture of what the sensors gave: camera with boxes, top view, range image.

Run as `python -m mpnp_ros.world.preview --time 6.5 --output preview.png`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mpnp_ros.world.demo_plan import DRIVE
from mpnp_ros.world.geometry import apply, Array
from mpnp_ros.world.sensors import Camera, Lidar, RIG, Rig
from mpnp_ros.world.simulator import Frame

_COLORS = {
    'car': (80, 200, 255), 'truck': (255, 170, 60), 'pedestrian': (255, 90, 160),
    'traffic cone': (255, 120, 30), 'barrier': (255, 60, 60),
}
_EDGES = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6),
          (3, 7))
_NEAR_M = 0.3  # edges are cut off this close to the camera
_TOP_M = 40.0  # half the side of the top view
_SCALE = 2


def draw(frame: Frame, rig: Rig = RIG) -> Image.Image:
    """Return camera and top view side by side above the range image."""
    camera = camera_view(frame, rig.camera)
    camera = camera.resize((camera.width * _SCALE, camera.height * _SCALE))
    top = top_view(frame, rig.lidar, camera.height)
    sweep = Image.fromarray(range_image(frame.points, rig.lidar))
    sweep = sweep.resize((camera.width + top.width, 4 * rig.lidar.beams), Image.Resampling.NEAREST)
    sheet = Image.new('RGB', (sweep.width, camera.height + sweep.height))
    sheet.paste(camera, (0, 0))
    sheet.paste(top, (camera.width, 0))
    sheet.paste(sweep, (0, camera.height))
    return sheet


def camera_view(frame: Frame, camera: Camera) -> Image.Image:
    """Return the picture with the boxes of what it shows."""
    image = Image.fromarray(frame.image)
    canvas = ImageDraw.Draw(image)
    for sighting in frame.sightings:
        if not sighting.pixels:
            continue
        corners = sighting.box.corners()
        for a, b in _EDGES:
            ends = _in_front(corners[[a, b]], camera)
            if ends is not None:
                pixels, _ = camera.project(ends)
                canvas.line([tuple(pixel) for pixel in pixels.tolist()],
                            fill=_COLORS[sighting.kind])
    return image


def top_view(frame: Frame, lidar: Lidar, size: int) -> Image.Image:
    """Return the sweep and all boxes from above, base_link in the middle, +x up."""
    points = apply(lidar.base_from_sensor, frame.points[:, :3].astype(np.float64))
    pixels = np.zeros((size, size, 3), np.uint8)
    spots = np.round(_from_above(points[:, :2], size)).astype(int)
    inside = ((spots >= 0) & (spots < size)).all(axis=1)
    brightness = np.clip(70.0 + 60.0 * points[inside, 2], 60.0, 255.0)
    pixels[spots[inside, 1], spots[inside, 0]] = brightness[:, None]
    image = Image.fromarray(pixels)
    canvas = ImageDraw.Draw(image)
    for sighting in frame.sightings:
        outline = _from_above(sighting.box.footprint(), size)
        canvas.polygon([tuple(p) for p in outline.tolist()], outline=_COLORS[sighting.kind])
    return image


def range_image(points: NDArray[np.float32], lidar: Lidar) -> NDArray[np.uint8]:
    """Return ranges [beams, columns, 3], near bright, none black; straight ahead in the middle."""
    image = np.zeros((lidar.beams, lidar.columns), np.uint8)
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    column = np.floor((np.pi - azimuth) / (2.0 * np.pi) * lidar.columns).astype(int)
    reach = np.linalg.norm(points[:, :3], axis=1)
    shade = 255.0 * (1.0 - np.log1p(reach) / np.log1p(lidar.max_range) * 0.9)
    image[lidar.beams - 1 - points[:, 4].astype(int), column % lidar.columns] = shade
    return np.repeat(image[:, :, None], 3, axis=2)


def _from_above(places: Array, size: int) -> Array:
    scale = size / (2.0 * _TOP_M)
    return np.column_stack([size / 2.0 - places[:, 1] * scale, size / 2.0 - places[:, 0] * scale])


def _in_front(ends: Array, camera: Camera) -> Array | None:
    """Return an edge's part in front of the camera, None where there is none."""
    _, depth = camera.project(ends)
    if (depth < _NEAR_M).all():
        return None
    ends = ends.copy()
    for behind, front in ((0, 1), (1, 0)):
        if depth[behind] < _NEAR_M:
            share = (_NEAR_M - depth[behind]) / (depth[front] - depth[behind])
            ends[behind] += (ends[front] - ends[behind]) * share
    return ends


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw one moment of the demo drive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else '')
    parser.add_argument('--time', type=float, default=0.0, help='seconds from the start')
    parser.add_argument('--output', type=Path, default=Path('preview.png'), help='PNG to write')
    options = parser.parse_args(arguments)
    frame = min(DRIVE.frames(), key=lambda given: abs(given.time_s - options.time))
    draw(frame).save(options.output)
    print(f'{options.output}: {frame.time_s:g} s')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
