# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode cameras with any vision transformer of Hugging Face that is on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from mpnp_ros.encoders.base import option, register
from mpnp_ros.encoders.camera_vit import VisionTransformerEncoder


@register('camera_huggingface')
class CameraHuggingFace(VisionTransformerEncoder):
    """Encode pictures with the vision transformer that the option `model` names.

    See `CameraEncoder` for input and output. ViT, DeiT, BEiT, DINOv2 (with registers or
    without), CLIP and SigLIP work, and what gives patches in the same way. Nothing is
    downloaded: an id must be in Hugging Face's cache (`mpnp-weights fetch owner/name`).
    """

    @dataclass(frozen=True)
    class Options(VisionTransformerEncoder.Options):
        """Defaults: 25 tokens a view."""

        model: str = option(
            '', 'Hugging Face id of the model, or its folder.', in_id=False)

    def _source(self) -> str:
        if not self.options.model:
            raise ValueError('option model is empty: expected a Hugging Face id or a folder')
        return str(self.options.model)
