# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read how a Hugging Face vision model wants its pictures, without its image processor.

The processors need torchvision, whose builds must match torch's, and crop what the whole robot
should see. Their settings are plain JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mpnp_ros.encoders.pictures import Preprocessing

FILE = 'preprocessor_config.json'
# Codes of Pillow; 0 (nearest) and the filters torch lacks get the nearest it has.
_INTERPOLATIONS = {0: 'bilinear', 1: 'bicubic', 2: 'bilinear', 3: 'bicubic', 4: 'bilinear',
                   5: 'bilinear'}


def read_preprocessing(folder: Path, input_size: int, image_size: Any) -> Preprocessing:
    """Return the input size, normalisation and interpolation of the model in a folder.

    :param input_size: side in pixels of the square input; 0: the size the model was trained on,
        which is that of the processor's crop, else of its scaling, else `image_size`.
    :param image_size: the model's own, a side or (height, width) in pixels, or None.
    :raises ValueError: there is no preprocessor_config.json, or it cannot be read.
    """
    try:
        settings = json.loads((folder / FILE).read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise ValueError(
            f'{folder.name}: expected {FILE} with the mean, deviation and size of its pictures '
            f'({error})') from error
    # Pictures are multiplied by `rescale_factor` first: (x * scale - mean) / std.
    scale = settings.get('rescale_factor', 1 / 255) if settings.get('do_rescale', True) else 1.0
    normalises = settings.get('do_normalize', True)
    mean = _channels(settings, 'image_mean') if normalises else [0.0] * 3
    std = _channels(settings, 'image_std') if normalises else [1.0] * 3
    side = (input_size, input_size) if input_size else _trained_size(settings, image_size)
    return Preprocessing(
        size=side,
        mean=(mean[0] / scale, mean[1] / scale, mean[2] / scale),
        std=(std[0] / scale, std[1] / scale, std[2] / scale),
        interpolation=_INTERPOLATIONS.get(settings.get('resample', 2), 'bilinear'))


def _channels(settings: dict[str, Any], key: str) -> list[float]:
    values = settings.get(key)
    if not isinstance(values, list) or len(values) != 3:
        raise ValueError(f'{FILE}: {key}: expected three numbers, got {values!r}')
    return [float(value) for value in values]


def _trained_size(settings: dict[str, Any], image_size: Any) -> tuple[int, int]:
    crop = settings.get('crop_size') if settings.get('do_center_crop') else None
    for size in (crop, settings.get('size'), image_size):
        if isinstance(size, dict):
            if 'height' in size and 'width' in size:
                return int(size['width']), int(size['height'])
            size = size.get('shortest_edge')
        if isinstance(size, (list, tuple)) and len(size) == 2:
            return int(size[1]), int(size[0])
        if isinstance(size, int):
            return size, size
    raise ValueError(f'{FILE}: no size of the input is given: set the option input_size')
