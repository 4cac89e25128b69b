# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Turn an EfficientNet-Lite checkpoint (.pth) into safetensors under our network's names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import re

import torch

from mpnp_ros.core.weights_convert import save_tensors

_NAMES = (
    (r'_conv_stem\.', 'stem.conv.'), (r'_bn0\.', 'stem.norm.'),
    (r'_conv_head\.', 'head.conv.'), (r'_bn1\.', 'head.norm.'),
    (r'_fc\.', 'classifier.'),
    (r'_blocks\.(\d+)\._expand_conv\.', r'blocks.\1.expand.conv.'),
    (r'_blocks\.(\d+)\._bn0\.', r'blocks.\1.expand.norm.'),
    (r'_blocks\.(\d+)\._depthwise_conv\.', r'blocks.\1.depthwise.conv.'),
    (r'_blocks\.(\d+)\._bn1\.', r'blocks.\1.depthwise.norm.'),
    (r'_blocks\.(\d+)\._project_conv\.', r'blocks.\1.project.conv.'),
    (r'_blocks\.(\d+)\._bn2\.', r'blocks.\1.project.norm.'),
)


def convert(files: Sequence[Path], folder: Path) -> None:
    """Rename the tensors of one checkpoint and write them, unchanged, into `folder`.

    :raises ValueError: the checkpoint has a tensor of an unknown name.
    """
    source, = files
    checkpoint = torch.load(source, map_location='cpu', weights_only=True)
    save_tensors({_renamed(name): value for name, value in checkpoint.items()
                  if not name.endswith('.num_batches_tracked')}, folder / 'model.safetensors')


def _renamed(name: str) -> str:
    for pattern, replacement in _NAMES:
        renamed, count = re.subn(f'^{pattern}', replacement, name)
        if count:
            return renamed
    raise ValueError(f'EfficientNet-Lite checkpoint: unknown tensor {name!r}')
