# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What cameras that divide their pictures share: a grid of tokens with azimuths."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mpnp_ros.encoders.azimuth import azimuths, grid_centres
from mpnp_ros.encoders.base import Encoded, option, View
from mpnp_ros.encoders.grid_pool import grid_pool
from mpnp_ros.encoders.pictures import PictureEncoder


class CameraEncoder(PictureEncoder):
    """Encode the pictures of one or several cameras with a network for images.

    Input: see `PictureEncoder`.
    Output, per view in this order: rows * columns tokens of grid cells, row by row from the upper
    left, then one token of the whole picture if `whole_token`; [T, width] float32. azimuth: of
    the ray through the centre of the cell or picture (`mpnp_ros.encoders.azimuth`).
    """

    @dataclass(frozen=True)
    class Options(PictureEncoder.Options):
        """The grid of tokens and the number format; networks add their own."""

        rows: int = option(4, 'Rows of tokens over the picture.', minimum=1, maximum=64)
        columns: int = option(7, 'Columns of tokens over the picture.', minimum=1, maximum=64)
        whole_token: bool = option(True, 'Add a token of the whole picture to those of the grid.')

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        centres = grid_centres(options.rows, options.columns)
        self._positions = np.concatenate(
            [centres, [[0.5, 0.5]]]) if options.whole_token else centres

    @abstractmethod
    def features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map normalised images to features of their parts and of each image as a whole.

        images: [B, 3, H, W] of the size `preprocessing` gives, on the encoder's device, in its
        number format, channels last. Returns [B, width, h, w] and [B, width].
        """

    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode one picture per view, all in one batch.

        Raises InputError naming the view of a sample that is no RGB picture, ValueError when
        samples and views differ in number or there is none.
        """
        with torch.inference_mode():
            parts, whole = self.features(self.batch(samples, views))
            tokens = grid_pool(parts.float(), self.options.rows, self.options.columns)
            if self.options.whole_token:
                tokens = torch.cat([tokens, whole.float()[:, None]], dim=1)  # [B, n, W]
            tokens = tokens.flatten(0, 1).cpu()  # [T, W]
        directions = [
            azimuths(view, self._positions, (sample.shape[1], sample.shape[0]))
            for sample, view in zip(samples, views, strict=True)]
        return Encoded(
            tokens=tokens,
            azimuth=torch.from_numpy(np.concatenate(directions)),
            view=torch.arange(len(views)).repeat_interleave(len(self._positions)),
        )
