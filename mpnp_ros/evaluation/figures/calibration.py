# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an answer of probability 0.8 is right in 8 of 10 cases."""

from __future__ import annotations

from array import array
import math
from typing import Any

import numpy as np

from mpnp_ros.evaluation.record import plain_answer, Record

BINS = 10
_DIGITS = 6


class Calibration:
    """Collect the probabilities of answers and compare them with how often they were right.

    Only answers out of candidates with a known right answer count. The error (ECE) is the mean
    distance of confidence and accuracy over ten equal bins of confidence, weighted by their
    answers (Guo et al., "On Calibration of Modern Neural Networks", 2017). The Brier score is
    the sum over candidates of (probability - truth) squared, from 0 to 2; a right answer that is
    no candidate had the probability 0.
    """

    def __init__(self) -> None:
        self._confidences, self._right, self._brier = array('d'), array('b'), array('d')

    def add(self, record: Record) -> None:
        """Take an answer; one that tells nothing is left out."""
        confidence = record.confidence
        if (record.refusal or confidence is None or record.right is None
                or record.expected is None or len(record.scores) != len(record.candidates)
                or not all(math.isfinite(score) for score in record.scores)):
            return
        truth = plain_answer(record.expected)
        of_truth = sum(score for name, score in zip(record.candidates, record.scores)
                       if plain_answer(name) == truth)
        self._confidences.append(confidence)
        self._right.append(record.right)
        self._brier.append(sum(score * score for score in record.scores) - 2 * of_truth + 1)

    def figures(self) -> dict[str, Any] | None:
        """Return the figures, None where no answer had a probability."""
        if not self._confidences:
            return None
        confidences = np.array(self._confidences)
        right = np.array(self._right, np.float64)
        bins = np.clip((confidences * BINS).astype(np.int64), 0, BINS - 1)
        counts = np.bincount(bins, minlength=BINS)
        confident = np.bincount(bins, confidences, minlength=BINS)
        hits = np.bincount(bins, right, minlength=BINS)
        return {
            'n': len(confidences),
            'ece': round(float(np.abs(hits - confident).sum() / len(confidences)), _DIGITS),
            'brier': round(float(np.mean(np.array(self._brier))), _DIGITS),
            'bins': [{
                'low': index / BINS, 'high': (index + 1) / BINS, 'n': int(count),
                'confidence': round(float(confident[index] / count), _DIGITS) if count else None,
                'accuracy': round(float(hits[index] / count), _DIGITS) if count else None,
            } for index, count in enumerate(counts)],
        }
