# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Text that grows token by token is given out in whole characters."""

from __future__ import annotations

import pytest
from tiny_models import tokenizer

from mpnp_ros.core.text_stream import TextStream


def streamed(text: str) -> tuple[list[str], TextStream]:
    stream = TextStream(tokenizer())
    ids = tokenizer()(text, add_special_tokens=False)['input_ids']
    return [stream.add(token) for token in ids], stream


@pytest.mark.parametrize('text', [
    'the nearest car', 'Größe: 3 €', '信号は赤です', 'a 🚗 and a 🚶🏽',
    ' leading and trailing \n'])
def test_pieces_join_to_the_text(text: str) -> None:
    pieces, stream = streamed(text)
    assert ''.join(pieces) + stream.finish() == text
    assert stream.text == text


def test_a_character_of_several_tokens_comes_whole() -> None:
    pieces, _ = streamed('🚗')
    assert pieces == ['', '', '', '🚗']


def test_an_incomplete_character_is_given_at_the_end() -> None:
    stream = TextStream(tokenizer())
    ids = tokenizer()('ab🚗', add_special_tokens=False)['input_ids'][:-1]
    assert ''.join(stream.add(token) for token in ids) == 'ab'
    assert stream.finish() == '\ufffd'


def test_special_tokens_are_not_shown() -> None:
    stream = TextStream(tokenizer())
    end = tokenizer().eos_token_id
    assert stream.add(end) == ''
    assert stream.finish() == ''
