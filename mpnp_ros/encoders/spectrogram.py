# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Short spectra of sound and their bands, evenly spaced as the ear has them."""

from __future__ import annotations

import functools

import numpy as np

_HOP_SHARE = 2   # a frame begins when the one before is half over


def spectra(samples: np.ndarray, size: int) -> np.ndarray:
    """Return spectra of overlapping frames: [frames, size / 2 + 1, channels] complex.

    A sine of amplitude 1 has the absolute value 1 at its frequency.

    :param samples: [n, channels], n at least `size`.
    """
    window = np.hanning(size + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, size, axis=0)
    frames = frames[::size // _HOP_SHARE]   # [frames, channels, size]
    spectrum = np.fft.rfft(frames * window, axis=2) * (2.0 / window.sum())
    return spectrum.transpose(0, 2, 1)


@functools.cache
def bands(count: int, size: int, sample_rate: int, lowest_hz: float) -> np.ndarray:
    """Return triangular bands [count, size / 2 + 1] up to half the rate, even in mel.

    Each sums the power of its frequencies; one that is narrower than the spectrum's resolution
    takes its share of the nearest frequency.
    """
    edges = _hertz(np.linspace(_mel(lowest_hz), _mel(sample_rate / 2.0), count + 2))
    resolution = sample_rate / size
    hertz = np.arange(size // 2 + 1) * resolution
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (hertz - left) / np.maximum(middle - left, resolution)
    falling = (right - hertz) / np.maximum(right - middle, resolution)
    weights = np.clip(np.minimum(rising, falling), 0.0, None)
    for band in np.flatnonzero(weights.sum(axis=1) == 0.0):
        weights[band, round(float(middle[band, 0]) / resolution)] = 1.0
    return weights


def decibels(power: np.ndarray) -> np.ndarray:
    """Return power against a full-scale sine in decibels, at least -120."""
    return 10.0 * np.log10(np.maximum(power, 1e-12))


def _mel(hertz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))


def _hertz(mel: np.ndarray) -> np.ndarray:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
