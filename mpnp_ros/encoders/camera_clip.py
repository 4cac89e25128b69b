# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode cameras with CLIP's image tower: the strong encoder, about 17 GFLOP a picture."""

from __future__ import annotations

from dataclasses import dataclass

from mpnp_ros.encoders.base import option, register
from mpnp_ros.encoders.camera_vit import VisionTransformerEncoder


@register('camera_clip')
class CameraClip(VisionTransformerEncoder):
    """Encode pictures with the image tower of CLIP ViT-B/16 (Radford et al. 2021).

    See `CameraEncoder` for input and output. The tokens of the grid come from the last layer but
    one, as in LLaVA (Liu et al. 2023, section 4.1): CLIP trained only the class token of the
    last. Over four photographs a single channel holds 19 % of the energy of the last layer's
    patches and 9 % of these.
    """

    @dataclass(frozen=True)
    class Options(VisionTransformerEncoder.Options):
        """Defaults: 25 tokens a view, six views 225 KiB in float16."""

        layer: int = option(
            -2, 'Layer the tokens of the grid come from, counted from the last one, -1.',
            minimum=-12, maximum=-1)
        weights: str = option(
            'clip-vit-base-patch16', 'Name of the weights, or the folder of another CLIP model.',
            in_id=False)

    def _source(self) -> str:
        return str(self.options.weights)
