# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How pictures reach the network of a camera encoder."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
import io
import math
import warnings

import numpy as np
from pictures import scene
from PIL import Image
import pytest
from sensor_messages import CompressedImage, image
import torch
from torch.nn import functional

from mpnp_ros.encoders.base import create, Encoder, View

INTRINSICS = np.array([[800.0, 0.0, 799.5], [0.0, 800.0, 449.5], [0.0, 0.0, 1.0]])
AHEAD = View('front', intrinsics=INTRINSICS, image_size=(1600, 900), azimuth=0.0)


@pytest.fixture
def encoder(tiny_vit: str) -> Encoder:
    return create('camera_huggingface', {'model': tiny_vit, 'rows': 2, 'columns': 4})


@pytest.fixture
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        yield


def jpeg(pixels: np.ndarray) -> CompressedImage:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'JPEG', quality=95)
    return CompressedImage('rgb8; jpeg compressed bgr8', array('B', file.getvalue()))


def test_a_jpeg_far_larger_than_the_input_is_decoded_smaller_with_the_same_directions(
    encoder: Encoder
) -> None:
    full, reduced = scene(900, 1600), encoder.decode(jpeg(scene(900, 1600)))
    assert reduced.shape == (113, 200, 3)
    one, two = (encoder.encode([sample], [AHEAD]) for sample in (full, reduced))
    assert torch.equal(one.azimuth, two.azimuth)
    assert float(functional.cosine_similarity(one.tokens, two.tokens, dim=1).min()) > 0.99


def test_cameras_of_different_sizes_share_a_batch(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    features = type(encoder).features

    def counted(self: Encoder, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        batches.append(len(images))
        return features(self, images)
    monkeypatch.setattr(type(encoder), 'features', counted)
    encoder.encode([scene(30, 40), scene(100, 50), scene(32, 32)], [AHEAD] * 3)
    assert batches == [3]


def test_the_whole_picture_is_seen_up_to_its_edges(encoder: Encoder) -> None:
    picture = scene(100, 300)
    changed = picture.copy()
    changed[:, :4] = changed[:, -4:] = 255
    before, after = (encoder.encode([one], [AHEAD]).tokens for one in (picture, changed))
    moved = (after - before).norm(dim=1)[:8].view(2, 4)
    assert float(moved[:, [0, 3]].min()) > 2 * float(moved[:, [1, 2]].max())


def test_a_picture_that_aliases_a_read_only_message_is_encoded_without_a_warning(
    encoder: Encoder, no_warnings: None
) -> None:
    message = image(scene(60, 80), 'rgb8')
    expected = encoder.encode([encoder.decode(message)], [AHEAD]).tokens
    message.data = bytes(message.data)
    given = encoder.encode([encoder.decode(message)], [AHEAD]).tokens
    assert torch.equal(given, expected)


def test_encoding_leaves_the_message_as_it_was(encoder: Encoder) -> None:
    message = image(scene(60, 80), 'rgb8')
    before = bytes(message.data)
    encoder.encode([encoder.decode(message)], [AHEAD])
    assert bytes(message.data) == before


def test_a_single_pixel_is_a_picture(encoder: Encoder) -> None:
    encoded = encoder.encode([np.full((1, 1, 3), 90, np.uint8)], [View('front', azimuth=0.0)])
    assert bool(torch.isfinite(encoded.tokens).all())


def test_tokens_follow_the_grid_row_by_row_and_end_with_the_whole_picture(
    encoder: Encoder
) -> None:
    azimuth = encoder.encode([scene(900, 1600)], [AHEAD]).azimuth
    # The rays of the columns' centres: 600, 200 pixels of 800 focal length to the left, ...
    row = [math.atan(pixels / 800) for pixels in (600, 200, -200, -600)]
    assert azimuth.tolist() == pytest.approx([*row, *row, 0.0], abs=1e-6)


def test_the_whole_token_can_be_left_out(tiny_vit: str, encoder: Encoder) -> None:
    grid = create('camera_huggingface', {
        'model': tiny_vit, 'rows': 2, 'columns': 4, 'whole_token': False})
    with_whole = encoder.encode([scene()], [AHEAD]).tokens
    assert torch.equal(grid.encode([scene()], [AHEAD]).tokens, with_whole[:-1])


@pytest.mark.weights
def test_efficientnet_refuses_an_input_its_strides_do_not_divide(
    need_weights: Callable[[str], None]
) -> None:
    need_weights('efficientnet-lite0')
    with pytest.raises(ValueError, match='input_size 100.*multiple of 32'):
        create('camera_efficientnet_lite0', {'input_size': 100})
