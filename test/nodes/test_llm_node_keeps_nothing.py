# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The LLM node keeps nothing of questions that are over and of modalities that were taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import gc
from typing import Any

import pytest
from tiny_llm import CANDIDATES, QUESTION, save_tiny, TinyLlm

WARM_UP, TIMES = 20, 60


@pytest.fixture
def tiny(graph: Any, tmp_path: Any) -> TinyLlm:
    """Return an LLM node with a tiny model, whose camera is attached."""
    tiny = TinyLlm(graph, save_tiny(tmp_path))
    tiny.give(0)
    return tiny


def left_by(action: Callable[[], None]) -> dict[str, int]:
    """Return the types of which at least one object more remains for each time it was done."""
    for _ in range(WARM_UP):
        action()
    before = objects()
    for _ in range(TIMES):
        action()
    return {name: more for name, more in (objects() - before).items() if more >= TIMES}


def objects() -> Counter[str]:
    gc.collect()
    return Counter(type(one).__qualname__ for one in gc.get_objects())


def ask(tiny: TinyLlm, **fields: Any) -> None:
    future = tiny.ask(**{'question': QUESTION, **fields})
    tiny.graph.until(future.done, 'the answer')
    assert future.result().success, future.result().message
    tiny.answers.clear()


def test_questions_leave_no_objects(tiny) -> None:
    assert left_by(lambda: ask(tiny, candidates=CANDIDATES)) == {}


def test_free_text_leaves_no_objects(tiny) -> None:
    assert left_by(lambda: ask(tiny, max_tokens=2)) == {}


def test_modalities_that_come_and_go_leave_no_objects(tiny) -> None:
    def toggle() -> None:
        tiny.attach()
        tiny.attach('camera')

    assert left_by(toggle) == {}
