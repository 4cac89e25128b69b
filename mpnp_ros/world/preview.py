# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One picture of what the sensors gave: cameras with boxes, top view, range image.

Run as `python -m mpnp_ros.world.preview 7` for all sensors in the scene of a seed, and as
`python -m mpnp_ros.world.preview --time 6.5` for a moment of the demo drive.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

import numpy as np
from PIL import Image

from mpnp_ros.evaluation.pictures.camera_view import draw_camera_view
from mpnp_ros.evaluation.pictures.range_picture import draw_range_image
from mpnp_ros.evaluation.pictures.top_view import draw_top_view, Sight
from mpnp_ros.world.demo_plan import DRIVE
from mpnp_ros.world.frame import Frame
from mpnp_ros.world.geometry import apply, invert
from mpnp_ros.world.journey import Journey, MOMENT_S
from mpnp_ros.world.renderer import NoGraphics
from mpnp_ros.world.roads import LAYOUTS
from mpnp_ros.world.sensors import RIG, Rig
from mpnp_ros.world.sheet import annotation, draw_sheet
from mpnp_ros.world.vehicle import Vehicle


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the scene of a seed, or one moment of the demo drive."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or '').split('\n', 1)[0], prog='python -m mpnp_ros.world.preview')
    parser.add_argument('seed', type=int, nargs='?', help='of a scene; none: the demo drive')
    parser.add_argument('--time', type=float, help='seconds from the start')
    parser.add_argument('--layout', choices=LAYOUTS, default='', help='default: that of the seed')
    parser.add_argument('--plain', action='store_true', help='without boxes in the pictures')
    parser.add_argument('--output', type=Path, default=Path('preview.png'), help='PNG to write')
    options = parser.parse_args(arguments)
    try:
        if options.seed is None:
            time_s = options.time or 0.0
            frame = min(DRIVE.frames(), key=lambda given: abs(given.time_s - time_s))
            picture, time_s = draw(frame), frame.time_s
        else:
            time_s = MOMENT_S if options.time is None else options.time
            journey = Journey.from_seed(options.seed, layout=options.layout)
            vehicle = Vehicle.standard()
            capture = next(journey.captures(vehicle, [time_s]))
            title = f'seed {options.seed}, {journey.streetscape.roads.layout}'
            picture = draw_sheet(capture, vehicle, title, boxes=not options.plain)
    except (NoGraphics, FileNotFoundError) as error:
        print(f'mpnp_ros.world.preview: {error}', file=sys.stderr)
        return 1
    picture.save(options.output)
    print(f'{options.output}: {time_s:g} s')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
