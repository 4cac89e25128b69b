# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latent tokens of one modality, and their form on a topic (LatentTokens.msg)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

# DLPack's DLDataTypeCode, as LatentTokens.msg spells them.
DLPACK_INT = 0
DLPACK_FLOAT = 2
DLPACK_BFLOAT = 4

_FLOATS: dict[tuple[int, int], torch.dtype] = {
    (DLPACK_FLOAT, 32): torch.float32,
    (DLPACK_FLOAT, 16): torch.float16,
    (DLPACK_BFLOAT, 16): torch.bfloat16,
}
_INT8 = (DLPACK_INT, 8)
# DLPack type code and bits of each element type that latents may travel in.
FORMATS: dict[str, tuple[int, int]] = {
    'float32': (DLPACK_FLOAT, 32),
    'float16': (DLPACK_FLOAT, 16),
    'bfloat16': (DLPACK_BFLOAT, 16),
    'int8': _INT8,
}
_INT8_MAX = 127
# All ones where a number is infinite or none.
_EXPONENTS = {torch.float16: 0x7c00, torch.bfloat16: 0x7f80}


@dataclass(frozen=True)
class Latents:
    """Hold the latent tokens that one encoder made of one sensor reading.

    `tokens` is [T, W] floating point, `azimuth` [T] float32 rad counter-clockwise from the base
    frame's +x with NaN where a token has no direction (REP 103), `view` [T] int64, the index of
    the view each token comes from. `encoder_id` and `weights_hash` say what made them. Raises
    ValueError where shapes or types do not fit together.
    """

    modality: str
    tokens: Tensor
    azimuth: Tensor
    view: Tensor
    encoder_id: str
    weights_hash: str

    def __post_init__(self) -> None:
        where = f'latents of modality {self.modality!r}'
        if self.tokens.ndim != 2 or 0 in self.tokens.shape:
            raise ValueError(
                f'{where}: tokens have shape {list(self.tokens.shape)}, expected [T, W] with at '
                'least one token')
        if not self.tokens.is_floating_point():
            raise ValueError(f'{where}: tokens are {self.tokens.dtype}, expected floating point')
        count = self.tokens.shape[0]
        for name, value in (('azimuth', self.azimuth), ('view', self.view)):
            if tuple(value.shape) != (count,):
                raise ValueError(
                    f'{where}: {name} has shape {list(value.shape)}, expected [{count}], one '
                    'entry per token')
        if not self.azimuth.is_floating_point():
            raise ValueError(f'{where}: azimuth is {self.azimuth.dtype}, expected float32 rad')
        if self.view.dtype != torch.int64:
            raise ValueError(f'{where}: view is {self.view.dtype}, expected int64')


@dataclass(frozen=True)
class Payload:
    """Hold a [tokens, width] matrix as the bytes and type fields of LatentTokens.msg.

    `data` is contiguous uint8 [tokens * width * bits / 8], little-endian and row-major; `scale`
    is float32 [tokens] for int8 and [0] otherwise.
    """

    dtype_code: int
    bits: int
    tokens: int
    width: int
    data: np.ndarray
    scale: np.ndarray


def pack(tokens: Tensor, dtype: str) -> Payload:
    """Write tokens [T, W] as a payload of type 'float32', 'float16', 'bfloat16' or 'int8'.

    Tokens that already have the payload's type travel bit for bit. int8 is symmetric with one
    scale per token, so no value moves by more than half its token's scale. Raises ValueError for
    an unknown type, a wrong shape, NaN, infinity, or a value too large for the type.
    """
    if dtype not in FORMATS:
        raise ValueError(f'payload type {dtype!r}: expected one of {sorted(FORMATS)}')
    if tokens.ndim != 2 or 0 in tokens.shape or not tokens.is_floating_point():
        raise ValueError(
            f'tokens {list(tokens.shape)} {tokens.dtype}: expected floating point [T, W] with at '
            'least one value')
    tokens = tokens.detach().cpu()
    _refuse_non_finite(tokens, 'tokens to pack')
    code, bits = FORMATS[dtype]
    if (code, bits) == _INT8:
        values, scale = _quantise(tokens)
    else:
        values = tokens.to(_FLOATS[code, bits]).contiguous()
        scale = np.zeros(0, np.float32)
        if not _is_finite(values):
            raise ValueError(
                f'tokens reach {float(tokens.abs().max()):g}, more than {dtype} can hold '
                f'({torch.finfo(values.dtype).max:g})')
    data = values.view(torch.uint8).reshape(-1).numpy()
    return Payload(code, bits, tokens.shape[0], tokens.shape[1], data, scale)


def unpack(payload: Payload) -> Tensor:
    """Read a payload as tokens [T, W].

    Floating point tokens share memory with a writable `data`; int8 is returned as float32.
    Raises ValueError for an unknown type, sizes that do not fit together, NaN or infinity.
    """
    key = (payload.dtype_code, payload.bits)
    if key != _INT8 and key not in _FLOATS:
        known = ', '.join(f'({code}, {bits}) {name}' for name, (code, bits) in FORMATS.items())
        raise ValueError(f'payload type (dtype_code, bits) = {key}: expected one of {known}')
    if payload.tokens < 1 or payload.width < 1:
        raise ValueError(
            f'payload of {payload.tokens} tokens x {payload.width}: expected at least one of each')
    data = payload.data
    if data.dtype != np.uint8 or data.ndim != 1 or not data.flags.c_contiguous:
        raise ValueError(
            f'payload data is {data.dtype} {list(data.shape)}: expected contiguous bytes (uint8)')
    expected = payload.tokens * payload.width * payload.bits // 8
    if data.size != expected:
        raise ValueError(
            f'payload has {data.size} bytes, expected {expected} for {payload.tokens} tokens x '
            f'{payload.width} of {payload.bits} bits')
    scales = payload.tokens if key == _INT8 else 0
    if payload.scale.shape != (scales,):
        raise ValueError(
            f'payload has {payload.scale.size} scales, expected {scales} for (dtype_code, bits) = '
            f'{key}')
    raw = torch.from_numpy(data if data.flags.writeable else data.copy())
    if key == _INT8:
        tokens = _dequantise(raw, payload)
    else:
        tokens = raw.view(_FLOATS[key]).view(payload.tokens, payload.width)
    _refuse_non_finite(tokens, 'payload')
    return tokens


def _quantise(tokens: Tensor) -> tuple[Tensor, np.ndarray]:
    largest = tokens.float().abs().amax(dim=1)                        # [T]
    scale = torch.where(largest > 0, largest / _INT8_MAX, 1.0)
    # Where the largest value is subnormal, a 127th of it underflows to zero.
    scale = scale.clamp(min=torch.finfo(torch.float32).tiny)
    values = (tokens.float() / scale[:, None]).round().clamp(-_INT8_MAX, _INT8_MAX)
    return values.to(torch.int8), scale.numpy()


def _dequantise(raw: Tensor, payload: Payload) -> Tensor:
    scale = torch.from_numpy(payload.scale.astype(np.float32, copy=True))
    if not bool((torch.isfinite(scale) & (scale > 0)).all()):
        raise ValueError('payload has a scale that is not a positive, finite number')
    return raw.view(torch.int8).view(payload.tokens, payload.width).float() * scale[:, None]


def _is_finite(tokens: Tensor) -> bool:
    """Say whether all of tokens on the CPU are numbers.

    Of 16 bits the exponent's are looked at: torch takes three times as long for them.
    """
    if tokens.dtype not in _EXPONENTS or not tokens.is_contiguous():
        return bool(torch.isfinite(tokens).all())
    exponent = np.uint16(_EXPONENTS[tokens.dtype])
    bits = tokens.view(torch.int16).numpy().view(np.uint16)
    return not bool(((bits & exponent) == exponent).any())


def _refuse_non_finite(tokens: Tensor, what: str) -> None:
    if not _is_finite(tokens):
        bad = ~torch.isfinite(tokens)
        row, column = (int(index) for index in bad.nonzero()[0])
        raise ValueError(
            f'{what}: {int(bad.sum())} values are NaN or infinite, the first in token {row}, '
            f'column {column}')
