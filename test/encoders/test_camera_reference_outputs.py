# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Our networks against what others made of the same picture and the same weights.

recorded/efficientnet_lite0_logits.npy: the package efficientnet-lite-pytorch 0.1.0 with the .pth
file the weights come from, on (x - 127) / 128 of `pictures.scene()`.
recorded/clip_int8_image_embeds.npy: onnxruntime 1.32 running the int8 export the weights come
from, on the same picture normalised as CLIP was trained.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pictures import scene
import pytest
from safetensors.torch import load_file
import torch
from torch.nn import functional

from mpnp_ros.core.weights import locate
from mpnp_ros.encoders.base import create, Encoder, View

RECORDED = Path(__file__).parent / 'recorded'

pytestmark = pytest.mark.weights


def recorded(name: str) -> torch.Tensor:
    return torch.from_numpy(np.load(RECORDED / f'{name}.npy'))


def whole_token(encoder: Encoder) -> torch.Tensor:
    return encoder.encode([scene()], [View('front')]).tokens[-1]


def test_efficientnet_gives_the_logits_of_the_original_implementation(
    encoder_of: Callable[[str], Encoder]
) -> None:
    mean = whole_token(encoder_of('camera_efficientnet_lite0'))
    weights = load_file(locate('efficientnet-lite0') / 'model.safetensors')
    logits = weights['classifier.weight'] @ mean + weights['classifier.bias']
    torch.testing.assert_close(logits, recorded('efficientnet_lite0_logits'), rtol=0, atol=1e-3)


def test_efficientnet_in_bfloat16_stays_close(encoder_of: Callable[[str], Encoder]) -> None:
    exact = encoder_of('camera_efficientnet_lite0').encode([scene()], [View('front')]).tokens
    rounded = create('camera_efficientnet_lite0', {'number_format': 'bfloat16'}).encode(
        [scene()], [View('front')]).tokens
    assert float(functional.cosine_similarity(exact, rounded, dim=1).mean()) > 0.98


def test_clip_embeds_as_the_int8_export_it_was_rebuilt_from(
    encoder_of: Callable[[str], Encoder]
) -> None:
    whole = whole_token(encoder_of('camera_clip'))
    projection = load_file(locate('clip-vit-base-patch16') / 'model.safetensors')[
        'visual_projection.weight'].float()
    expected = recorded('clip_int8_image_embeds')
    # The export rounds activations to int8 as well: it does not come closer (0.985 here).
    assert float(functional.cosine_similarity(projection @ whole, expected, dim=0)) > 0.975
