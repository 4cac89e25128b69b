# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decode recorded sound: mpnp_ros/Audio, and audio_common_msgs/AudioDataStamped as PCM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.message_bytes import message_bytes

_FULL_SCALE = 32768.0
_JITTER_S = 0.03   # by which stamps of chunks that follow one another may be off


def decode_audio(message: Any, sample_rate: int, channels: int) -> np.ndarray:
    """Decode a stretch of sound, or chunks of it, to samples [n, channels] float32 in [-1, 1).

    An audio_common_msgs/AudioDataStamped does not say what its bytes are: they are taken for
    16-bit little-endian PCM, sample after sample, of `channels` at `sample_rate`, which a
    mpnp_ros/Audio has to agree with. A list of messages, the oldest first, is joined by their
    stamps, which are those of their last samples: what two of them hold is taken once, and only
    what follows the last gap is taken.

    Raises InputError naming the field: no samples, a rest that fills no whole sample, another
    rate or number of channels.
    """
    if not isinstance(message, Sequence):
        return _samples(message, sample_rate, channels)
    if not message:
        raise InputError('message: there is no sound')
    chunks = [_samples(message[-1], sample_rate, channels)]
    start_s = _stamp_s(message[-1]) - len(chunks[0]) / sample_rate
    for earlier in reversed(message[:-1]):
        ahead_s = _stamp_s(earlier) - start_s
        if ahead_s < -_JITTER_S:
            break
        chunk = _samples(earlier, sample_rate, channels)
        if ahead_s > _JITTER_S:
            chunk = chunk[:max(len(chunk) - round(ahead_s * sample_rate), 0)]
        start_s -= len(chunk) / sample_rate
        chunks.append(chunk)
    return np.concatenate(chunks[::-1])


def _stamp_s(message: Any) -> float:
    return float(message.header.stamp.sec + message.header.stamp.nanosec * 1e-9)


def _samples(message: Any, sample_rate: int, channels: int) -> np.ndarray:
    """Decode a single message."""
    if hasattr(message, 'sample_rate'):
        if int(message.sample_rate) != sample_rate:
            raise InputError(f'sample_rate {message.sample_rate}: expected {sample_rate} Hz, the '
                             'option sample_rate')
        if int(message.channels) != channels:
            raise InputError(f'channels {message.channels}: expected {channels}, as many as the '
                             'options microphone_x and microphone_y have entries')
        values = np.asarray(message.data)
        if values.size and values.dtype.kind not in 'iu':
            raise InputError(f'data: expected 16-bit integers, got {values.dtype}')
    elif hasattr(message, 'audio'):
        data = message_bytes(message.audio.data, 'audio.data')
        if len(data) % 2:
            raise InputError(f'audio.data: {len(data)} bytes are no 16-bit samples')
        values = data.view('<i2')
    else:
        raise InputError('message: expected mpnp_ros/msg/Audio or '
                         f'audio_common_msgs/msg/AudioDataStamped, got {type(message).__name__}')
    if not values.size:
        raise InputError('data: there are no samples')
    if values.size % channels:
        raise InputError(f'data: {values.size} values are no whole samples of {channels} channels')
    return (values.reshape(-1, channels) / _FULL_SCALE).astype(np.float32)
