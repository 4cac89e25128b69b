# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Text of a growing list of tokens, piece by piece."""

from __future__ import annotations

from transformers import PreTrainedTokenizerBase

_INCOMPLETE = '\ufffd'


class TextStream:
    """Give out the text that each token adds; the pieces together are the whole text.

    A character whose bytes are spread over several tokens is held back until it is complete.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._given = ''

    def add(self, token: int) -> str:
        """Return the text that a token completes, which may be empty."""
        self._ids.append(token)
        text = self._decode()
        if text.endswith(_INCOMPLETE) or not text.startswith(self._given):
            return ''
        return self._give(text)

    def finish(self) -> str:
        """Return what was held back, incomplete characters included."""
        return self._give(self._decode())

    @property
    def text(self) -> str:
        """Return all text given so far."""
        return self._given

    def _give(self, text: str) -> str:
        piece = text[len(self._given):]
        self._given += piece
        return piece

    def _decode(self) -> str:
        text = self._tokenizer.decode(
            self._ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert isinstance(text, str)
        return text
