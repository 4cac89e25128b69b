# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents to the bytes of a message and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mpnp_ros.core.latents import Latents, pack, Payload, unpack

FLOATS = {'float32': torch.float32, 'float16': torch.float16, 'bfloat16': torch.bfloat16}


def tokens(dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return (10 * torch.randn(7, 33, generator=generator)).to(dtype)


@pytest.mark.parametrize('name', FLOATS)
def test_floating_point_travels_bit_for_bit(name: str) -> None:
    given = tokens(FLOATS[name])
    given[0, :4] = torch.tensor([0.0, -0.0, torch.finfo(FLOATS[name]).tiny / 2,
                                 torch.finfo(FLOATS[name]).max], dtype=FLOATS[name])
    back = unpack(pack(given, name))
    assert back.dtype == FLOATS[name]
    assert torch.equal(back.view(torch.uint8), given.view(torch.uint8))


@pytest.mark.parametrize(('name', 'code', 'bits'), [
    ('float32', 2, 32), ('float16', 2, 16), ('bfloat16', 4, 16), ('int8', 0, 8)])
def test_the_type_fields_are_those_of_dlpack(name: str, code: int, bits: int) -> None:
    payload = pack(tokens(), name)
    assert (payload.dtype_code, payload.bits, payload.tokens, payload.width) == (code, bits, 7, 33)
    assert payload.data.dtype == np.uint8
    assert payload.data.size == 7 * 33 * bits // 8
    assert payload.scale.shape == ((7,) if name == 'int8' else (0,))


def test_bytes_are_little_endian_rows() -> None:
    payload = pack(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), 'float32')
    assert payload.data.tobytes() == np.array([1, 2, 3, 4], '<f4').tobytes()


def test_tokens_that_are_not_contiguous_are_packed_in_row_order() -> None:
    given = tokens().t()
    assert torch.equal(unpack(pack(given, 'float32')), given)


def test_unpacked_tokens_share_memory_with_the_message() -> None:
    payload = pack(tokens(), 'float32')
    unpack(payload)[0, 0] = 42.0
    assert float(unpack(payload)[0, 0]) == 42.0


def test_a_read_only_message_is_copied() -> None:
    payload = pack(tokens(), 'float32')
    payload.data.flags.writeable = False
    unpack(payload)[0, 0] = 42.0
    assert float(unpack(payload)[0, 0]) != 42.0


def test_int8_moves_no_value_by_more_than_half_its_tokens_scale() -> None:
    given = tokens()
    given[3] *= 1e4
    given[4] = 0.0
    payload = pack(given, 'int8')
    error = (unpack(payload) - given).abs().amax(dim=1)
    assert bool((error <= torch.from_numpy(payload.scale) * 0.5001).all())
    assert bool((unpack(payload)[4] == 0.0).all())


@pytest.mark.parametrize('smallest', [1e-44, 1e-38])
def test_int8_takes_tokens_as_small_as_float32_has(smallest: float) -> None:
    payload = pack(torch.full((1, 3), smallest), 'int8')
    assert bool(torch.isfinite(unpack(payload)).all())


@pytest.mark.parametrize('bad', [float('nan'), float('inf'), float('-inf')])
@pytest.mark.parametrize('name', [*FLOATS, 'int8'])
def test_values_that_are_no_numbers_are_not_packed(name: str, bad: float) -> None:
    given = tokens()
    given[2, 5] = bad
    with pytest.raises(ValueError, match='1 values are NaN or infinite.*token 2, column 5'):
        pack(given, name)


def test_values_too_large_for_the_type_are_not_packed() -> None:
    given = tokens()
    given[0, 0] = 1e5
    with pytest.raises(ValueError, match='more than float16 can hold'):
        pack(given, 'float16')


@pytest.mark.parametrize(('given', 'words'), [
    (torch.zeros(3), r'tokens \[3\]'),
    (torch.zeros(0, 4), r'tokens \[0, 4\]'),
    (torch.zeros(2, 3, dtype=torch.int64), 'torch.int64'),
])
def test_what_is_no_matrix_of_floats_is_not_packed(given: Tensor, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pack(given, 'float32')


def test_an_unknown_type_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'float64'.*bfloat16.*int8"):
        pack(tokens(), 'float64')


@pytest.mark.parametrize(('change', 'words'), [
    ({'dtype_code': 1}, r'\(1, 32\): expected one of'),
    ({'bits': 64}, r'\(2, 64\): expected one of'),
    ({'tokens': 0}, 'at least one of each'),
    ({'tokens': 6}, '924 bytes, expected 792 for 6 tokens x 33'),
    ({'width': 34}, '924 bytes, expected 952'),
    ({'scale': np.ones(7, np.float32)}, '7 scales, expected 0'),
    ({'data': np.zeros(231, np.float32)}, 'expected contiguous bytes'),
])
def test_payloads_whose_sizes_do_not_fit_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unpack(dataclasses.replace(pack(tokens(), 'float32'), **change))


@pytest.mark.parametrize('scale', [0.0, -1.0, float('nan'), float('inf')])
def test_int8_scales_that_cannot_be_are_refused(scale: float) -> None:
    payload = pack(tokens(), 'int8')
    payload.scale[3] = scale
    with pytest.raises(ValueError, match='not a positive, finite number'):
        unpack(payload)


def test_int8_without_scales_is_refused() -> None:
    payload = dataclasses.replace(pack(tokens(), 'int8'), scale=np.zeros(0, np.float32))
    with pytest.raises(ValueError, match='0 scales, expected 7'):
        unpack(payload)


@pytest.mark.parametrize('name', FLOATS)
def test_a_message_with_nan_is_refused(name: str) -> None:
    bad = tokens(FLOATS[name])
    payload = pack(bad, name)
    unpack(payload)[1, 2] = float('nan')
    with pytest.raises(ValueError, match='token 1, column 2'):
        unpack(payload)


@pytest.mark.parametrize(('change', 'words'), [
    ({'tokens': torch.zeros(3)}, r'\[T, W\]'),
    ({'tokens': torch.zeros(0, 4)}, 'at least one token'),
    ({'tokens': torch.zeros(2, 4, dtype=torch.int8)}, 'expected floating point'),
    ({'azimuth': torch.zeros(3)}, r'azimuth has shape \[3\], expected \[2\]'),
    ({'azimuth': torch.zeros(2, dtype=torch.int64)}, 'azimuth is torch.int64'),
    ({'view': torch.zeros(1, dtype=torch.int64)}, r'view has shape \[1\]'),
    ({'view': torch.zeros(2)}, 'view is torch.float32'),
])
def test_latents_whose_parts_do_not_fit_are_refused(change: dict[str, Any], words: str) -> None:
    parts = {'modality': 'camera', 'tokens': torch.zeros(2, 4), 'azimuth': torch.zeros(2),
             'view': torch.zeros(2, dtype=torch.int64), 'encoder_id': 'e', 'weights_hash': 'h'}
    with pytest.raises(ValueError, match=f"modality 'camera'.*{words}"):
        Latents(**{**parts, **change})


def test_a_payload_can_be_made_from_a_messages_fields() -> None:
    given = pack(tokens(), 'float16')
    message = Payload(given.dtype_code, given.bits, given.tokens, given.width,
                      np.frombuffer(bytes(given.data), np.uint8), np.zeros(0, np.float32))
    assert torch.equal(unpack(message), tokens(torch.float16))
