# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode cameras as the objects they show, found by a small head on EfficientNet-Lite0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mpnp_ros import shipped
from mpnp_ros.core.weights import locate
from mpnp_ros.encoders.azimuth import azimuths
from mpnp_ros.encoders.base import Encoded, option, register, View
from mpnp_ros.encoders.efficientnet_lite import (
    EfficientNetLite0,
    lite0_file,
    load_lite0,
    MEAN,
    PYRAMID,
    STD,
)
from mpnp_ros.encoders.kind_tokens import (
    find, hash_of, joined, kind_tokens, KINDS, LAYOUT, LAYOUT_WIDTH, NAMES, OF_ALL)
from mpnp_ros.encoders.object_head import ObjectMaps
from mpnp_ros.encoders.object_head_file import load_head
from mpnp_ros.encoders.pictures import PictureEncoder, Preprocessing

STRIDE = 8      # pixels of the network's input per cell of the maps
_FINE = 4       # pixels per colour that the head is given as it is
_COLORS = 3 * (STRIDE // _FINE) ** 2
HEAD_INPUTS = (_COLORS, *PYRAMID)


@register('camera_objects')
class CameraObjects(PictureEncoder):
    """Encode pictures as what a head trained to find objects says of them.

    Output, per view a token of each of `kind_tokens.KINDS`: how many there are and what the
    nearest is like; then tokens of all views together (`kind_tokens.OF_ALL`), which count as of
    the first.
    [T, LAYOUT_WIDTH] float32. azimuth: of the ray through the middle of the view, NaN for all
    views together.

    The network below the head is EfficientNet-Lite0 as ImageNet-1k left it. The head that is
    shipped was trained on the simulated world alone; `python -m mpnp_ros.training.object_head`
    trains another.
    """

    layout: ClassVar[str] = LAYOUT
    layout_width: ClassVar[int] = LAYOUT_WIDTH
    value_names: ClassVar[tuple[str, ...]] = NAMES

    @dataclass(frozen=True)
    class Options(PictureEncoder.Options):
        """The size of the input and the weights."""

        input_width: int = option(
            320, 'Width that pictures are scaled to, pixels; a multiple of 32.',
            minimum=64, maximum=2048)
        input_height: int = option(
            192, 'Height that pictures are scaled to, pixels; a multiple of 32.',
            minimum=64, maximum=2048)
        weights: str = option(
            'efficientnet-lite0', 'Name of the weights below the head, or a safetensors file of '
            'the same network.', in_id=False)
        head: str = option(
            'package://mpnp_ros/data/object_heads/camera.safetensors', 'The weights of the head '
            '(safetensors file); package://mpnp_ros/... is one that comes with the package.',
            in_id=False)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        size = (options.input_width, options.input_height)
        if size[0] % 32 or size[1] % 32:
            raise ValueError(f'input_width and input_height {size}: expected multiples of 32')
        self.preprocessing = Preprocessing(size, MEAN, STD)
        below = lite0_file(options.weights)
        above = locate(shipped.path_of(options.head))
        self.network = self._place(load_lite0(below))
        self._head = self._place(load_head(above, HEAD_INPUTS))
        self._weights_name = above.stem
        self._weights_hash = hash_of(below, above)

    @property
    def width(self) -> int:
        """Return the values of a token."""
        return LAYOUT_WIDTH

    @property
    def trained(self) -> bool:
        """Return True: there is no head without training."""
        return True

    def maps(self, images: Tensor) -> ObjectMaps:
        """Return what the head says of normalised images [B, 3, H, W]."""
        said: ObjectMaps = self._head(head_inputs(self.network, images))
        return said

    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode one picture per view, all in one batch.

        Raises InputError naming the view of a sample that is no RGB picture, ValueError when
        samples and views differ in number or there is none.
        """
        with torch.inference_mode():
            found = find(self.maps(self.batch(samples, views)))
            of_view = torch.arange(len(views), device=self.device)[:, None].expand_as(found.row)
            tokens = kind_tokens(joined(found), of_view.reshape(1, -1), len(views))
            tokens = tokens[0].cpu()                                            # [T, width]
        middle = np.array([[0.5, 0.5]])
        directions = [
            azimuths(view, middle, (sample.shape[1], sample.shape[0]))
            for sample, view in zip(samples, views, strict=True)]
        kinds, whole = len(KINDS), len(OF_ALL)
        return Encoded(
            tokens=tokens,
            azimuth=torch.from_numpy(np.append(
                np.repeat(np.concatenate(directions), kinds), np.full(whole, np.nan, np.float32))),
            view=torch.cat([torch.arange(len(views)).repeat_interleave(kinds),
                            torch.zeros(whole, dtype=torch.long)]),
        )


def head_inputs(network: EfficientNetLite0, images: Tensor) -> list[Tensor]:
    """Return the maps that the head reads: colours, then those of the network."""
    colors = functional.pixel_unshuffle(
        functional.avg_pool2d(images, _FINE), STRIDE // _FINE)   # [B, _COLORS, H / 8, W / 8]
    return [colors, *network.pyramid(images)]
