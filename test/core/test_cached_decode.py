# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is cached, the result is that of one full pass."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tiny_models import FAMILIES, llm, random_slots
import torch
from torch import Tensor

from mpnp_ros.core.attention import BlockSlots, Slots
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.text_runner import TextRunner

PROMPT = list(range(20, 50))
CANDIDATES = ['red', 'green', 'no', 'the nearest car', 'a wörd nobody knows']
TOLERANCE = 5e-5


def full_pass(given: LanguageModel, ids: Sequence[int], slots: Slots | None) -> Tensor:
    with torch.no_grad(), given.attention.attached(slots):
        return given.model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0]


def one_by_one(given: LanguageModel, slots: Slots | None) -> Tensor:
    totals = []
    for candidate in CANDIDATES:
        answer = given.format.answer(candidate)
        likely = full_pass(given, [*PROMPT, *answer], slots).log_softmax(-1)
        totals.append(sum(likely[len(PROMPT) - 1 + index, token]
                          for index, token in enumerate(answer)))
    return torch.stack([torch.as_tensor(total) for total in totals]).softmax(-1)


def row(slots: Slots, index: int) -> Slots:
    return tuple(block and BlockSlots(*(
        part[index:index + 1] for part in (block.key, block.value, block.log_gate)))
        for block in slots)


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('blocks', [0, 1, 2, 4])
def test_decoding_with_a_cache_equals_a_full_pass(family: str, blocks: int) -> None:
    given = llm(family)
    slots = random_slots(given, blocks) if blocks else None
    runner = TextRunner(given.model, given.attention)
    started = runner.start(PROMPT, slots)
    steps = [started.logits[0]]
    added = [60, 61, 62, 63]
    for token in added:
        steps.append(runner.grow(started, token))
    expected = full_pass(given, [*PROMPT, *added], slots)[len(PROMPT) - 1:]
    torch.testing.assert_close(torch.stack(steps), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize('family', FAMILIES)
def test_a_question_asked_again_uses_what_is_kept_and_sees_the_new_latents(family: str) -> None:
    given = llm(family)
    runner = TextRunner(given.model, given.attention)
    runner.start(PROMPT, random_slots(given, seed=1))
    calls: list[int] = []
    lowest = given.attention.architecture.blocks[0]
    handle = lowest.register_forward_hook(lambda *_: calls.append(1))
    try:
        again = runner.start(PROMPT, random_slots(given, seed=2)).logits[0]
        assert not calls, 'a block below the connected ones ran again'
    finally:
        handle.remove()
    expected = full_pass(given, PROMPT, random_slots(given, seed=2))[-1]
    torch.testing.assert_close(again, expected, rtol=0, atol=TOLERANCE)


def test_what_is_kept_survives_the_decoding_of_an_answer() -> None:
    given = llm()
    slots = random_slots(given)
    first = given.generate(PROMPT, slots=slots, max_new_tokens=10)
    given.score(PROMPT, CANDIDATES, slots=slots)
    assert given.generate(PROMPT, slots=slots, max_new_tokens=10).token_ids == first.token_ids


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('blocks', [0, 2, 4])
def test_candidates_scored_together_equal_one_by_one(family: str, blocks: int) -> None:
    given = llm(family)
    slots = random_slots(given, blocks) if blocks else None
    scores = torch.tensor(given.score(PROMPT, CANDIDATES, slots=slots))
    torch.testing.assert_close(scores, one_by_one(given, slots), rtol=0, atol=TOLERANCE)
    assert float(scores.sum()) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize('family', FAMILIES)
def test_rows_scored_together_equal_one_by_one(family: str) -> None:
    given = llm(family)
    slots = random_slots(given, rows=3)
    scores = given.score_batch(PROMPT, CANDIDATES, slots)
    expected = torch.stack([one_by_one(given, row(slots, index)) for index in range(3)])
    torch.testing.assert_close(scores, expected, rtol=0, atol=TOLERANCE)


def test_scores_do_not_depend_on_the_order_of_candidates() -> None:
    given = llm()
    slots = random_slots(given)
    forward = given.score(PROMPT, CANDIDATES, slots=slots)
    backward = given.score(PROMPT, CANDIDATES[::-1], slots=slots)
    assert backward[::-1] == pytest.approx(forward, abs=TOLERANCE)


def test_a_single_candidate_has_probability_one() -> None:
    assert llm().score(PROMPT, ['red']) == [1.0]


@pytest.mark.parametrize(('candidates', 'words'), [
    ([], 'there are no candidates'),
    (['yes', 'no', 'yes'], "'yes' is given twice"),
    (['yes', ' '], 'the answer is empty'),
])
def test_unusable_candidates_are_refused(candidates: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        llm().score(PROMPT, candidates)


def test_slots_of_several_rows_are_refused_for_one_prompt() -> None:
    with pytest.raises(ValueError, match='slots of 2 rows, expected 1'):
        llm().generate(PROMPT, slots=random_slots(llm(), rows=2))
