# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Draw what the camera's head finds in the pictures of a recording."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import math
from pathlib import Path
import sys

import numpy as np
from PIL import Image, ImageDraw
import torch

from mpnp_ros import shipped
from mpnp_ros.encoders.base import create, View
from mpnp_ros.encoders.camera_objects import CameraObjects
from mpnp_ros.encoders.kind_tokens import find, Found
from mpnp_ros.encoders.object_head import COLORS, OBJECTS
from mpnp_ros.evaluation.bags.bag import Bag, BagError
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.configuration import ModalityConfiguration, read_configuration
from mpnp_ros.training.error import TrainError

_SIZE = (480, 270)     # of each picture on the sheet
_COLUMNS = 3
_SURE = 0.3
# One word does not say the colour of the others: nothing teaches the head what to say of them.
_COLORED = ('bus', 'car', 'construction vehicle', 'motorcycle', 'trailer', 'truck')


def main() -> int:
    """Draw the pictures of one moment; return the exit code."""
    parser = argparse.ArgumentParser(
        prog='python -m mpnp_ros.training.object_head.picture', description=__doc__)
    parser.add_argument('bag', type=Path, help="a recording of the suite's cameras")
    parser.add_argument('--at', type=float, default=0.0, metavar='S',
                        help='the first moment not before this, s from the beginning')
    parser.add_argument('--out', type=Path, required=True, metavar='FILE', help='a JPEG')
    parser.add_argument('--suite', type=Path, metavar='FILE',
                        help='parameter file (default: config/world.yaml)')
    options = parser.parse_args()
    camera = read_configuration(
        options.suite or shipped.configuration('world.yaml')).modalities['camera']
    try:
        encoder = create(camera.parameters.encoder, camera.options)
        if not isinstance(encoder, CameraObjects):
            raise TrainError(f'the encoder {encoder.name!r} finds no objects')
        pictures = read_moment(options.bag, camera, encoder, options.at)
    except (TrainError, BagError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    sheet(pictures, look(encoder, list(pictures.values()))).save(options.out, quality=88)
    print(f'{options.out}: {len(pictures)} pictures')
    return 0


def read_moment(path: Path, camera: ModalityConfiguration, encoder: CameraObjects,
                at_s: float) -> dict[str, np.ndarray]:
    """Return the pictures [H, W, 3] of the first moment from `at_s` on, by view."""
    views = {camera.topic(name): name for name in camera.views}
    pictures: dict[str, np.ndarray] = {}
    stamp_ns = 0
    with Bag(path, Problems()) as bag:
        for message in bag.messages(views):
            if message.stamp_ns - bag.start_ns >= at_s * 1e9:
                if pictures and message.stamp_ns != stamp_ns:
                    break
                stamp_ns = message.stamp_ns
                pictures[views[message.topic]] = encoder.decode(bag.decode(message))
    if not pictures:
        raise TrainError(f"{path}: no picture of the suite's cameras from {at_s:g} s on")
    return {name: pictures[name] for name in camera.views if name in pictures}


def look(encoder: CameraObjects, pictures: Sequence[np.ndarray]) -> tuple[Found, tuple[int, int]]:
    """Return what is found in pictures [H, W, 3], and the rows and columns of its cells."""
    with torch.inference_mode():
        maps = encoder.maps(encoder.batch(pictures, [View('')] * len(pictures)))
    rows, columns = maps.heat.shape[2:]
    return find(maps), (rows, columns)


def sheet(pictures: dict[str, np.ndarray],
          seen: tuple[Found, tuple[int, int]]) -> Image.Image:
    """Return all pictures with what was found in them."""
    found, (rows, columns) = seen
    high = -(-len(pictures) // _COLUMNS)
    whole = Image.new('RGB', (_SIZE[0] * _COLUMNS, _SIZE[1] * high))
    for place, (name, pixels) in enumerate(pictures.items()):
        picture = Image.fromarray(pixels).resize(_SIZE)
        draw = ImageDraw.Draw(picture)
        for one in (found.sureness[place] > _SURE).nonzero()[:, 0].tolist():
            x = (float(found.column[place, one]) + 0.5) * _SIZE[0] / columns
            y = (float(found.row[place, one]) + 0.5) * _SIZE[1] / rows
            kind = OBJECTS[int(found.kinds[place, one].argmax())]
            color = COLORS[int(found.colors[place, one].argmax())]
            metres = math.expm1(float(found.distance[place, one]))
            words = f'{color} {kind}' if kind in _COLORED else kind
            sure = 100 * float(found.sureness[place, one])
            _label(draw, x, y, f'{words} {metres:.0f} m ({sure:.0f} %)')
        _label(draw, 8.0, 12.0, name)
        whole.paste(picture, (_SIZE[0] * (place % _COLUMNS), _SIZE[1] * (place // _COLUMNS)))
    return whole


def _label(draw: ImageDraw.ImageDraw, x: float, y: float, text: str) -> None:
    draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill='yellow', outline='black')
    box = draw.textbbox((x + 6, y - 6), text)
    draw.rectangle((box[0] - 2, box[1] - 1, box[2] + 2, box[3] + 1), fill='black')
    draw.text((x + 6, y - 6), text, fill='yellow')


if __name__ == '__main__':
    sys.exit(main())
