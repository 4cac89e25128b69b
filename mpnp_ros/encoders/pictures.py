# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What all encoders of pictures share: messages to pixels, pixels to what a network takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional

from mpnp_ros.encoders.base import Encoder, InputError, option, require_pairs, View
from mpnp_ros.encoders.camera_quality import picture_quality
from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.encoders.image import decode_image
from mpnp_ros.encoders.quality import of_views, Quality

Network = TypeVar('Network', bound=nn.Module)


@dataclass(frozen=True)
class Preprocessing:
    """How pictures are brought to what a network was trained on.

    :ivar size: (width, height) in pixels of the network's input.
    :ivar mean: per channel, in units of 0 to 255.
    :ivar std: per channel, in units of 0 to 255.
    :ivar interpolation: 'bilinear' or 'bicubic', both with antialiasing.
    """

    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str = 'bilinear'


class PictureEncoder(Encoder):
    """An encoder of pictures, RGB [H, W, 3] uint8 per view, of any size and proportion.

    The whole picture is scaled to the network's input and not cropped: what stands at its edge is
    seen, at the price of proportions other than the network's own.
    """

    message_types: ClassVar[tuple[str, ...]] = (
        'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
    uses_camera_info: ClassVar[bool] = True

    @dataclass(frozen=True)
    class Options:
        """The number format; encoders add their own."""

        number_format: str = option(
            'float32', 'Number format of the network; bfloat16 is faster on processors that '
            'multiply it and slower on others.', choices=('float32', 'bfloat16'), in_id=False)

    preprocessing: Preprocessing

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        self._dtype = getattr(torch, options.number_format)

    @property
    def trained(self) -> bool:
        """Return True: cameras have pretrained weights."""
        return True

    def decode(self, message: Any) -> np.ndarray:
        """Decode a sensor_msgs Image or CompressedImage to RGB [H, W, 3] uint8.

        JPEGs much larger than the network's input are decoded at a fraction of their size.
        Raises InputError naming the field and the cause.
        """
        if hasattr(message, 'encoding'):
            return decode_image(message)
        if hasattr(message, 'format'):
            return decode_compressed_image(message, min_side=max(self.preprocessing.size))
        raise InputError(
            f'message: expected one of {", ".join(self.message_types)}, '
            f'got {type(message).__name__}')

    def quality(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Quality | None:
        """Judge exposure, contrast, blur, noise and what covers the lens."""
        return of_views({view.name: picture_quality(sample)
                         for sample, view in zip(samples, views, strict=True)})

    @staticmethod
    def never_repeats(message: Any) -> Any:
        """Return the picture's bytes."""
        return message.data

    def batch(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Tensor:
        """Return one picture per view as the network takes them: [B, 3, H, W].

        Raises InputError naming the view of a sample that is no RGB picture, ValueError when
        samples and views differ in number or there is none.
        """
        require_pairs(samples, views)
        return self._normalised(torch.cat([
            self._scaled(sample, view) for sample, view in zip(samples, views, strict=True)]))

    def _scaled(self, sample: np.ndarray, view: View) -> Tensor:
        """Scale a picture to the network's input: [1, 3, H, W] uint8, channels last."""
        if sample.ndim != 3 or sample.shape[2] != 3 or sample.dtype != np.uint8 or not sample.size:
            raise InputError(
                f'sample of view {view.name!r}: expected RGB [H, W, 3] uint8, '
                f'got {sample.dtype} {list(sample.shape)}')
        # torch warns of memory it may not write to, such as that of a message.
        pixels = np.require(sample, requirements=('C', 'W'))
        image = torch.from_numpy(pixels)[None].permute(0, 3, 1, 2)  # [1, 3, H, W]
        width, height = self.preprocessing.size
        # The permuted strides are channels last, which torch scales several times faster.
        return functional.interpolate(
            image, (height, width), mode=self.preprocessing.interpolation, antialias=True,
            align_corners=False)

    def _normalised(self, images: Tensor) -> Tensor:
        images = images.to(self.device, torch.float32)
        mean = torch.tensor(self.preprocessing.mean, device=self.device).view(3, 1, 1)
        std = torch.tensor(self.preprocessing.std, device=self.device).view(3, 1, 1)
        images = (images - mean) / std  # [B, 3, H, W]
        return images.to(self._dtype, memory_format=torch.channels_last)

    def _place(self, network: Network) -> Network:
        """Make a network ready for inference on the encoder's device and number format."""
        network = network.requires_grad_(False).eval().to(self.device, self._dtype)
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
