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
from PIL import Image

from mpnp_ros.evaluation.pictures.annotation import Annotation
from mpnp_ros.evaluation.pictures.camera_view import draw_camera_view
from mpnp_ros.evaluation.pictures.range_picture import draw_range_image
from mpnp_ros.evaluation.pictures.top_view import draw_top_view, Sight
from mpnp_ros.world.demo_plan import DRIVE
from mpnp_ros.world.frame import Frame
from mpnp_ros.world.geometry import apply, Box, invert
from mpnp_ros.world.sensors import BASE_FRAME, RIG, Rig


def draw(frame: Frame, rig: Rig = RIG) -> Image.Image:
    """Return camera and top view side by side above the range image."""
    camera_from_base = invert(rig.camera.base_from_sensor)
    boxes = [annotation(sighting.box, sighting.kind) for sighting in frame.sightings]
    camera = draw_camera_view(
        frame.image,
        [box.moved(camera_from_base, rig.camera.frame_id)
         for box, sighting in zip(boxes, frame.sightings) if sighting.pixels[rig.camera.name]],
        rig.camera.intrinsics)
    points = frame.points[:, :4].copy()
    points[:, :3] = apply(rig.lidar.base_from_sensor, points[:, :3].astype(np.float64))
    x, y, _ = rig.camera.position
    top = draw_top_view(points, boxes, size=camera.height, sights=[
        Sight(rig.camera.name, x, y, rig.camera.yaw, rig.camera.hfov)])
    sweep = draw_range_image(frame.points, rig.lidar.base_from_sensor,
                             width=camera.width + top.width)
    sheet = Image.new('RGB', (sweep.width, camera.height + sweep.height))
    sheet.paste(camera, (0, 0))
    sheet.paste(top, (camera.width, 0))
    sheet.paste(sweep, (0, camera.height))
    return sheet


def annotation(box: Box, kind: str) -> Annotation:
    """Return a box that stands on the ground of base_link as one to draw."""
    pose = box.pose.matrix()
    pose[2, 3] = box.size[2] / 2.0
    return Annotation(kind, BASE_FRAME, 0, pose, box.size)


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
