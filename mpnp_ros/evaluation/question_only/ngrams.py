# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The words of a question as runs of one to three."""

from __future__ import annotations

import re

MOST_WORDS = 3   # of an n-gram

_WORDS = re.compile(r'\w+|[^\w\s]')


def ngrams(text: str) -> list[str]:
    """Return the distinct runs of one to MOST_WORDS words (or marks) of a text."""
    words = _WORDS.findall(text.lower())
    return list(dict.fromkeys(
        ' '.join(words[start:start + length]) for length in range(1, MOST_WORDS + 1)
        for start in range(len(words) - length + 1)))
