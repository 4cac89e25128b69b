# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0: the convolutional network, without its weights.

EfficientNet (Tan and Le 2019, arXiv:1905.11946, table 1) in its Lite form: no squeeze and
excitation, ReLU6 for swish. Padding follows TensorFlow's SAME, as the weights were trained with.
"""

from __future__ import annotations

import math
from pathlib import Path

from safetensors.torch import load_file
from torch import nn, Tensor
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mpnp_ros.core.weights import locate

# Per stage: expansion, output channels, kernel, stride of its first block, blocks.
LITE0_STAGES = (
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
STEM_CHANNELS = 32
FEATURES = 1280
CLASSES = 1000
STRIDE = 32
# Channels of the last maps of 8, 16 and 32 times less height and width, and the blocks up to them.
PYRAMID = (40, 112, 320)
_PYRAMID_ENDS = (5, 11, 16)
# Trained on (x - 127) / 128: the Lite variants are made for integer arithmetic.
MEAN, STD = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)
_NORM_EPS = 1e-3


class SameConv(nn.Conv2d):
    """Convolution whose output is ceil(input / stride), padded more at the end (TensorFlow)."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C_in, H, W] to [B, C_out, ceil(H / stride), ceil(W / stride)]."""
        top, bottom = _same_padding(x.shape[2], self.kernel_size[0], self.stride[0])
        left, right = _same_padding(x.shape[3], self.kernel_size[1], self.stride[1])
        if (top, left) == (bottom, right):
            # Even padding is the convolution's own: no copy of the input.
            return functional.conv2d(
                x, self.weight, self.bias, self.stride, (top, left), self.dilation, self.groups)
        x = functional.pad(x, (left, right, top, bottom))
        return functional.conv2d(
            x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class ConvNorm(nn.Module):
    """Convolution, batch norm, and ReLU6 unless `linear`."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1,
                 groups: int = 1, linear: bool = False) -> None:
        super().__init__()
        self.conv = SameConv(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs, eps=_NORM_EPS)
        self.linear = linear

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C_in, H, W] to [B, C_out, H / stride, W / stride]."""
        x = self.norm(self.conv(x))
        return x if self.linear else functional.relu6(x)

    def fuse(self) -> None:
        """Fold the norm into the convolution; only for inference."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        self.conv = fuse_conv_bn_eval(self.conv, self.norm)
        self.norm = nn.Identity()


class InvertedBottleneck(nn.Module):
    """Expand, filter per channel, project; with a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int,
                 expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = ConvNorm(inputs, hidden) if expansion > 1 else None
        self.depthwise = ConvNorm(hidden, hidden, kernel, stride, groups=hidden)
        self.project = ConvNorm(hidden, outputs, linear=True)
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C_in, H, W] to [B, C_out, H / stride, W / stride]."""
        hidden = x if self.expand is None else self.expand(x)
        out = self.project(self.depthwise(hidden))
        return x + out if self.has_shortcut else out


class EfficientNetLite0(nn.Module):
    """Images to feature maps [B, 1280, H / 32, W / 32], and to ImageNet-1k classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvNorm(3, STEM_CHANNELS, kernel=3, stride=2)
        blocks: list[nn.Module] = []
        channels = STEM_CHANNELS
        for expansion, outputs, kernel, stride, repeats in LITE0_STAGES:
            for index in range(repeats):
                blocks.append(InvertedBottleneck(
                    channels, outputs, kernel, stride if index == 0 else 1, expansion))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvNorm(channels, FEATURES)
        self.classifier = nn.Linear(FEATURES, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Map images [B, 3, H, W] to features [B, 1280, ceil(H / 32), ceil(W / 32)]."""
        features: Tensor = self.head(self.blocks(self.stem(images)))
        return features

    def pyramid(self, images: Tensor) -> list[Tensor]:
        """Map images [B, 3, H, W] to maps of `PYRAMID` channels, 8, 16 and 32 times smaller."""
        maps, states = [], self.stem(images)
        for index, block in enumerate(self.blocks, 1):
            states = block(states)
            if index in _PYRAMID_ENDS:
                maps.append(states)
        return maps

    def classify(self, images: Tensor) -> Tensor:
        """Map images [B, 3, H, W] to class logits [B, 1000]."""
        logits: Tensor = self.classifier(self(images).mean(dim=(2, 3)))
        return logits

    def fuse(self) -> None:
        """Fold every batch norm into its convolution; only for inference."""
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.fuse()


def lite0_file(name: str) -> Path:
    """Return the safetensors file of a name of the catalogue, a folder or a file.

    Raises WeightsMissing where it is not on this machine.
    """
    path = locate(name)
    return path / 'model.safetensors' if path.is_dir() else path


def load_lite0(path: Path) -> EfficientNetLite0:
    """Return the network with the weights of a safetensors file, for inference: norms folded.

    Raises ValueError where they are another network's.
    """
    network = EfficientNetLite0()
    missing, unexpected = network.load_state_dict(load_file(path), strict=False)
    # A counter of training steps, which inference has no use for.
    missing = [name for name in missing if not name.endswith('.num_batches_tracked')]
    if missing or unexpected:
        raise ValueError(
            f'weights {path.name}: expected those of EfficientNet-Lite0, '
            f'missing {missing[:3]}, unexpected {unexpected[:3]}')
    network.eval().fuse()
    return network


def _same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
