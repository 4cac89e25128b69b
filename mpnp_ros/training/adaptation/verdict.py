# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How much better new connectors answer the questions that both were asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mpnp_ros.evaluation.figures.answer_columns import AnswerColumns
from mpnp_ros.evaluation.record import Record


def compare(before: Sequence[Record], after: Sequence[Record]) -> dict[str, Any]:
    """Return both accuracies, and the 95 % interval of their paired difference over scenes.

    Both are answers to the same questions in the same order.
    """
    old, new = AnswerColumns(), AnswerColumns()
    for columns, records in ((old, before), (new, after)):
        for record in records:
            columns.add(record)
    difference = new.difference(
        np.arange(len(new)), new.right.astype(np.float64) - old.right.astype(np.float64))
    return {'questions': len(new), 'before': float(old.right.mean()),
            'after': float(new.right.mean()), 'low': difference['low'],
            'high': difference['high']}
