# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One moment of a journey on one sheet: six cameras, the top view, the range image, the truth."""

from __future__ import annotations

from collections.abc import Iterable
import math

import numpy as np
from PIL import Image, ImageDraw

from mpnp_ros.evaluation.pictures.annotation import Annotation
from mpnp_ros.evaluation.pictures.camera_view import draw_camera_view
from mpnp_ros.evaluation.pictures.palette import BACKGROUND, font, TEXT
from mpnp_ros.evaluation.pictures.range_picture import draw_range_image
from mpnp_ros.evaluation.pictures.top_view import draw_top_view, Sight
from mpnp_ros.world.geometry import apply, Box, invert
from mpnp_ros.world.journey import Capture
from mpnp_ros.world.sensors import BASE_FRAME, Camera
from mpnp_ros.world.truth import Seen, Truth
from mpnp_ros.world.vehicle import Vehicle

_ROWS = (('front_left', 'front', 'front_right'), ('back_left', 'back', 'back_right'))
_WIDTH = 480  # of a camera's picture on the sheet
_TOP = 440
_LEAST_PIXELS = 12  # of an object whose box is drawn


def draw_sheet(capture: Capture, vehicle: Vehicle, title: str = '', boxes: bool = True
               ) -> Image.Image:
    """Return the sheet; a camera without a picture is black and says so."""
    cameras = {camera.name: camera for camera in vehicle.cameras}
    height = round(_WIDTH * vehicle.cameras[0].height / vehicle.cameras[0].width)
    across = len(_ROWS[0]) * _WIDTH
    sheet = Image.new('RGB', (across, 2 * height + _TOP), BACKGROUND)
    for row, names in enumerate(_ROWS):
        for column, name in enumerate(names):
            if name in cameras:
                sheet.paste(_camera(capture, cameras[name], height, boxes),
                            (column * _WIDTH, row * height))
    top = _from_above(capture, vehicle)
    sheet.paste(top, (0, 2 * height))
    lidar = vehicle.sensing.lidars[0] if vehicle.sensing.lidars else None
    write = ImageDraw.Draw(sheet)
    x, y = _TOP + 16, 2 * height + 10
    if lidar is not None and lidar.name in capture.observation.sweeps:
        points = capture.observation.sweeps[lidar.name].points
        sweep = draw_range_image(_columns(points), lidar.base_from_sensor,
                                 width=across - _TOP)
        sheet.paste(sweep, (_TOP, 2 * height))
        y += sweep.height
    for line in (title, ', '.join(capture.truth.conditions), *lines(capture.truth)):
        write.text((x, y), line, fill=TEXT, font=font(14))
        y += 18
    return sheet


def annotation(box: Box, kind: str) -> Annotation:
    """Return a box that stands on the ground of base_link as one to draw."""
    pose = box.pose.matrix()
    pose[2, 3] = box.size[2] / 2.0
    return Annotation(kind, BASE_FRAME, 0, pose, box.size)


def lines(truth: Truth) -> Iterable[str]:
    """Say in a few lines how the ego moves and who is nearest."""
    ego = truth.ego
    yield (f'ego {ego.speed:.1f} m/s, {ego.acceleration:+.1f} m/s2, turning '
           f'{math.degrees(ego.yaw_rate):+.0f} degrees/s; {len(truth.objects)} objects')
    seen = [one for one in truth.objects if one.pixels or one.hits]
    near = sorted(seen, key=lambda one: math.hypot(one.box.pose.x, one.box.pose.y))
    for one in near[:8]:
        yield '   ' + _sentence(one)


def _sentence(one: Seen) -> str:
    where = f'{one.box.pose.x:+.0f} m ahead, {one.box.pose.y:+.0f} m left'
    what = ' '.join(word for word in (one.status, one.color, one.kind) if word)
    heard = f', {one.sound} {one.level_db:.0f} dB' if one.sound else ''
    return (f'{what}: {where}, {math.hypot(*one.velocity):.1f} m/s, '
            f'{sum(one.pixels.values())} pixels, {one.hits} hits, {one.echoes} echoes{heard}')


def _camera(capture: Capture, camera: Camera, height: int, boxes: bool) -> Image.Image:
    if camera.name not in capture.pictures:
        black = Image.new('RGB', (_WIDTH, height))
        ImageDraw.Draw(black).text((10, 8), f'{camera.name}: nothing', fill=TEXT, font=font(14))
        return black
    camera_from_base = invert(camera.base_from_sensor)
    shown = [
        annotation(one.box, one.kind).moved(camera_from_base, camera.frame_id)
        for one in capture.truth.objects
        if boxes and one.pixels.get(camera.name, 0) >= _LEAST_PIXELS]
    return draw_camera_view(capture.pictures[camera.name].image, shown, camera.intrinsics,
                            max_width=_WIDTH)


def _from_above(capture: Capture, vehicle: Vehicle) -> Image.Image:
    clouds = [np.empty((0, 4))]
    for lidar in vehicle.sensing.lidars:
        if lidar.name in capture.observation.sweeps:
            points = _columns(capture.observation.sweeps[lidar.name].points)
            points[:, :3] = apply(lidar.base_from_sensor, points[:, :3])
            clouds.append(points)
    sights = [Sight(camera.name, camera.position[0], camera.position[1], camera.yaw, camera.hfov)
              for camera in vehicle.cameras]
    return draw_top_view(
        np.concatenate(clouds), [annotation(one.box, one.kind) for one in capture.truth.objects],
        size=_TOP, sights=sights)


def _columns(points: np.ndarray) -> np.ndarray:
    """Return a structured cloud as [P, 4]: x, y, z in metres and intensity."""
    return np.column_stack([points[name] for name in ('x', 'y', 'z', 'intensity')]).astype(float)
