# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of recorded scenes as the camera's head reads them, with what they show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import numpy as np
import torch

from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.encoders.base import View
from mpnp_ros.encoders.camera_objects import CameraObjects, head_inputs, STRIDE
from mpnp_ros.suite.configuration import ModalityConfiguration
from mpnp_ros.suite.view_geometry import ViewGeometry
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.training.object_head.recordings import got, messages, read_parts
from mpnp_ros.training.object_head.targets import paint, Spot
from mpnp_ros.world.geometry import apply, invert
from mpnp_ros.world.recording import BAG
from mpnp_ros.world.sensors import BASE_FRAME
from mpnp_ros.world.truth import Truth

_BATCH = 24


def read_pictures(folder: Path, encoder: CameraObjects, camera: ModalityConfiguration,
                  times: Collection[str], progress: Callable[[int, int], None]) -> Examples:
    """Read the pictures at `times` of a folder's recordings (`python -m mpnp_ros.world.generate`).

    Raises TrainError where there is none; BagError and ValueError for what cannot be read.
    """
    def read(part: Path) -> Iterator[Examples]:
        pictures = list(_pictures(part, encoder, camera, times))
        for start in range(0, len(pictures), _BATCH):
            yield _examples(pictures[start:start + _BATCH], encoder)

    return read_parts(folder, read, times, progress)


_Picture = tuple[np.ndarray, View, Truth]   # pixels [H, W, 3]


def _pictures(part: Path, encoder: CameraObjects, camera: ModalityConfiguration,
              times: Collection[str]) -> Iterator[_Picture]:
    """Yield the pictures of a recording's moments with where they look and what is true."""
    tree = TransformTree()
    places = {name: ViewGeometry(name, given, BASE_FRAME, tree.lookup)
              for name, given in camera.views.items()}
    images = {camera.topic(name): place for name, place in places.items()}
    infos = {camera.info_topic(name): place for name, place in places.items()}
    for topic, message, truth in messages(part, [*images, *infos], tree, times):
        if topic in infos:
            infos[topic].take_info(message)
        elif truth is not None:
            place = images[topic]
            place.frame_id = message.header.frame_id
            view = place.view()
            if view.base_from_sensor is None or view.intrinsics is None:
                raise TrainError(f'{part / BAG}: no transform of frame {place.frame_id!r} or '
                                 f'no intrinsics for {topic}')
            yield encoder.decode(message), view, truth


def _examples(pictures: list[_Picture], encoder: CameraObjects) -> Examples:
    with torch.inference_mode():
        inputs = head_inputs(encoder.network, encoder.batch(
            [pixels for pixels, _, _ in pictures], [view for _, view, _ in pictures]))
    width, height = encoder.preprocessing.size
    size = height // STRIDE, width // STRIDE
    targets = [paint(spots(view, truth, size), size) for _, view, truth in pictures]
    return Examples.joined([Examples(
        tuple(one[index:index + 1].half() for one in inputs), target)
        for index, target in enumerate(targets)])


def spots(view: View, truth: Truth, size: tuple[int, int]) -> Iterator[Spot]:
    """Yield where a camera's map of `size` (rows, columns) shows the objects of a moment."""
    assert view.base_from_sensor is not None
    assert view.intrinsics is not None and view.image_size is not None
    from_base = invert(view.base_from_sensor)
    scale = np.array([size[1] / view.image_size[0], size[0] / view.image_size[1]])
    for one, metres, sure in got(truth, lambda sensing, one: sensing.of_pixels(
            one, one.pixels.get(view.name, 0))):
        corners = apply(from_base, one.box.corners())                       # [8, 3]
        corners = corners[corners[:, 2] > 0.1]
        if not len(corners):
            continue
        pixels = corners @ view.intrinsics.T
        cells = (pixels[:, :2] / pixels[:, 2:] + 0.5) * scale               # [P, 2]
        low = np.clip(cells.min(axis=0), 0.0, size[::-1])
        high = np.clip(cells.max(axis=0), 0.0, size[::-1])
        column, row = (low + high) / 2.0
        yield Spot(float(row), float(column), float(high[1] - low[1]), float(high[0] - low[0]),
                   one, metres, sure)
