# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How much a picture can tell: exposure, contrast, blur, noise and a covered lens.

All is measured on a grey copy of about 112 pixels on its shorter side, what a network of 224
pixels makes something of: finer blur and noise do not reach it.
"""

from __future__ import annotations

import math

import numpy as np

from mpnp_ros.encoders.quality import Flaw, judged, Quality, ramp

_SHORT_SIDE = 112
_STEP = 6     # pixels over which a sharp edge and a blurred one rise alike
_CELL = 8     # side of the cells that are told apart, pixels
_LEVELS = np.arange(256)
_BLACK, _WHITE = 5, 250
_FAINT = 8.0  # edges below this many grey levels say nothing of sharpness

# Mean absolute response of Immerkær's operator to noise of standard deviation 1 ("Fast noise
# variance estimation", 1996).
_NOISE_GAIN = math.sqrt(math.pi / 2.0) / 6.0
# The 99th percentile of absolute differences of two noisy pixels, in standard deviations.
_NOISE_DIFFERENCE = 2.58 * math.sqrt(2.0)


def picture_quality(pixels: np.ndarray) -> Quality:
    """Judge an RGB picture [H, W, 3] uint8 of any size; takes about 1 ms.

    Measures: 'brightness' (mean), 'black' and 'saturated' (shares of the pixels), 'contrast'
    (strong edges against the mean, 1: as strong as any), 'sharpness' (how much of an edge
    happens within one pixel; 0.5 in a sharp picture, 0.17 without any), 'noise' (standard
    deviation, 1: from black to white), 'covered' (share that blotches with soft borders cover,
    as dirt or drops on a lens do).

    A picture of plain surfaces is no worse than one full of detail: sharpness and contrast are
    those of the edges there are.
    """
    grey = _small_grey(pixels)  # [h, w] uint8
    if min(grey.shape) < 2 * _CELL + 2:
        return Quality({'brightness': float(grey.mean()) / 255.0}, 0.0,
                       f'a picture of only {pixels.shape[1]} x {pixels.shape[0]} pixels')
    counts = np.bincount(grey.ravel(), minlength=256)
    mean = float(counts @ _LEVELS) / grey.size
    black = float(counts[:_BLACK + 1].sum()) / grey.size
    saturated = float(counts[_WHITE:].sum()) / grey.size

    levels = grey.astype(np.int16)
    across = np.abs(levels[:, 1:] - levels[:, :-1])  # [h, w - 1]
    down = np.abs(levels[1:] - levels[:-1])  # [h - 1, w]
    cells = _means(levels)  # [rows, columns]
    noise = _noise(levels, cells)
    fine = _strong(across, down)
    edge = _strong(np.abs(levels[:, _STEP:] - levels[:, :-_STEP]),
                   np.abs(levels[_STEP:] - levels[:-_STEP]))
    edge = _without(edge, noise)
    contrast = min(edge / max(2.0 * mean, 1.0), 1.0)
    sharpness = min(_without(fine, noise) / edge, 1.0) if edge > 0.0 else 0.0
    covered = _covered(cells, np.maximum(_maxima(across), _maxima(down)), noise)

    sharp = ramp(sharpness, 0.17, 0.40) if edge >= _FAINT else 1.0
    return judged(
        {'brightness': mean / 255.0, 'black': black, 'saturated': saturated,
         'contrast': contrast, 'sharpness': sharpness, 'noise': noise / 255.0,
         'covered': covered},
        [Flaw(ramp(mean, 4.0, 60.0), f'dark (mean {mean:.0f} of 255)'),
         Flaw(ramp(saturated, 0.9, 0.3), f'overexposed ({saturated:.0%} saturated)'),
         Flaw(ramp(contrast, 0.02, 0.3), f'little contrast ({contrast:.2f})'),
         Flaw(sharp, f'blurred (sharpness {sharpness:.2f})'),
         Flaw(ramp(noise / max(edge, 1.0), 0.2, 0.03), f'noisy ({noise:.0f} of 255)'),
         # Everything has soft borders where all is out of focus.
         Flaw(ramp(covered, 0.5, 0.1) if sharp > 0.5 else 1.0,
              f'lens covered ({covered:.0%} of the picture)')])


def _small_grey(pixels: np.ndarray) -> np.ndarray:
    """Return a grey copy [h, w] uint8, scaled down by a whole number."""
    by = max(1, min(pixels.shape[:2]) // _SHORT_SIDE)
    height, width = pixels.shape[0] // by, pixels.shape[1] // by
    # Four pixels of a square stand for it: the mean of all costs more than all the rest.
    offsets = (0,) if by == 1 else (0, by // 2)
    total = np.zeros((height, width), np.uint16)
    for row in offsets:
        for column in offsets:
            red, green, blue = np.moveaxis(
                pixels[row:height * by:by, column:width * by:by], 2, 0)
            total += red
            total += green
            total += green
            total += blue
    return (total // (4 * len(offsets) ** 2)).astype(np.uint8)


def _blocks(values: np.ndarray) -> np.ndarray:
    """Return the whole cells of an array: [rows, _CELL, columns, _CELL]."""
    rows, columns = values.shape[0] // _CELL, values.shape[1] // _CELL
    return values[:rows * _CELL, :columns * _CELL].reshape(rows, _CELL, columns, _CELL)


def _means(levels: np.ndarray) -> np.ndarray:
    # One pixel is left out on each side: differences are that much smaller.
    return _blocks(levels[1:-1, 1:-1]).mean(axis=(1, 3))


def _maxima(differences: np.ndarray) -> np.ndarray:
    if differences.shape[0] > differences.shape[1]:
        return _maxima(differences.T).T
    return _blocks(differences[:-1, :-1]).max(axis=(1, 3))


def _noise(levels: np.ndarray, cells: np.ndarray) -> float:
    """Return the standard deviation of noise, grey levels, from the cells with least detail."""
    rows = levels[:, :-2] - 2 * levels[:, 1:-1] + levels[:, 2:]
    detail = _blocks(np.abs(rows[:-2] - 2 * rows[1:-1] + rows[2:])).mean(axis=(1, 3))
    unclipped = (cells > 12.0) & (cells < 243.0)
    chosen = detail[unclipped] if unclipped.sum() > 8 else detail
    return float(np.percentile(chosen, 20)) * _NOISE_GAIN


def _strong(one: np.ndarray, other: np.ndarray) -> float:
    """Return the 99th percentile of two arrays of differences of grey levels."""
    counts = np.bincount(one.ravel(), minlength=256) + np.bincount(other.ravel(), minlength=256)
    below = np.cumsum(counts)
    return float(np.searchsorted(below, 0.99 * below[-1]))


def _without(difference: float, noise: float) -> float:
    return math.sqrt(max(difference**2 - (_NOISE_DIFFERENCE * noise)**2, 0.0))


def _covered(means: np.ndarray, steepest: np.ndarray, noise: float) -> float:
    """Return the share of the cells that lie within blotches with soft borders.

    What is on the lens is out of focus: brightness changes by much over three cells without a
    steep step in any of them. From such borders the blotch is followed through even cells.

    :param means: of the cells [rows, columns].
    :param steepest: largest difference of neighbouring pixels in a cell [rows, columns].
    """
    inside = np.zeros(means.shape, bool)
    for border, level, step in ((inside, means, steepest), (inside.T, means.T, steepest.T)):
        change = level[2:] - level[:-2]
        steep = np.maximum(np.maximum(step[:-2], step[1:-1]), step[2:])
        soft = (np.abs(change) > 20.0) & (steep < np.abs(change) / 4.0 + 2.0 * noise)
        border[1:-1] |= soft
        border[:-2] |= soft & (change > 0.0)   # the darker side is the blotch
        border[2:] |= soft & (change < 0.0)
    if not inside.any():
        return 0.0
    even = steepest <= max(3.0 * noise, 2.0) + 3.0
    joined = [(even[1:] & even[:-1] & (np.abs(means[1:] - means[:-1]) < 5.0), False),
              ((even[:, 1:] & even[:, :-1] & (np.abs(means[:, 1:] - means[:, :-1]) < 5.0)).T,
               True)]
    found = 0
    while (count := int(inside.sum())) != found:
        found = count
        for bridge, turned in joined:
            part = inside.T if turned else inside
            part[1:] |= bridge & part[:-1]
            part[:-1] |= bridge & part[1:]
    return found / inside.size
