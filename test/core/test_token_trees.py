# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""All answers to a prompt in one row of tokens, each as if it were the only one."""

from __future__ import annotations

import copy

import pytest
from tiny_models import FAMILIES, llm, model, random_slots, tangled, tokenizer
import torch

from mpnp_ros.core.attention import LatentAttention
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.plain_head import PlainHead
from mpnp_ros.core.text_runner import TextRunner
from mpnp_ros.core.token_tree import TokenTree
from mpnp_ros.core.tree_runner import AskedText

PROMPT = (21, 22, 23)
ANSWERS = ((31, 2), (31, 32, 2), (33, 34, 2), (31, 35, 2))
FEW = (ANSWERS[0], ANSWERS[2])
PLAIN = (None, None)


def test_answers_that_begin_alike_share_tokens() -> None:
    tree = TokenTree.grow(PROMPT, ANSWERS)
    assert tree.ids == (21, 22, 23, 31, 32, 33, 34, 35)
    assert tree.depths == (0, 1, 2, 3, 4, 3, 4, 4)
    assert tree.paths == ((0, 1), (0, 1, 2), (0, 3, 4), (0, 1, 5))
    assert tree.predicting == 6


def test_a_token_sees_what_leads_up_to_it_and_nothing_else() -> None:
    tree = TokenTree.grow(PROMPT, ANSWERS)
    seen = [[tree.ids[index] for index in row.nonzero()[:, 0]] for row in tree.sees()]
    assert seen == [[21], [21, 22], [21, 22, 23], [21, 22, 23, 31], [21, 22, 23, 31, 32],
                    [21, 22, 23, 33], [21, 22, 23, 33, 34], [21, 22, 23, 31, 35]]


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('shared', [0, 1, 2])
def test_answers_weigh_what_they_weigh_one_by_one(family: str, shared: int) -> None:
    given, slots = llm(family), random_slots(llm(family), rows=3)
    runner = TextRunner(given.model, given.attention)
    trees = runner.trees(slots)
    assert trees is not None, 'this family no longer runs answers in one pass'
    weighed = trees.weigh([AskedText(PROMPT, FEW, (2, 0))], slots, PROMPT[:shared])[0]
    expected = runner.weigh(runner.start(PROMPT, slots), FEW)
    torch.testing.assert_close(weighed, expected[[2, 0]].log_softmax(-1), rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', FAMILIES)
def test_texts_of_other_lengths_beside_it_change_no_text(family: str) -> None:
    given, slots = llm(family), random_slots(llm(family))
    texts = [AskedText((*PROMPT[:2], *range(40, 40 + more)), answers)
             for more in (1, 3, 2) for answers in (FEW[:1], FEW)]
    together = TextRunner(given.model, given.attention).trees(slots)
    assert together is not None
    for text, weighed in zip(texts, together.weigh(texts, slots, PROMPT[:2]), strict=True):
        alone = together.without_texts().weigh([text], slots, PROMPT[:2])[0]
        torch.testing.assert_close(weighed, alone, rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', ['mistral', 'gemma3'])
def test_texts_longer_than_a_sliding_window_go_another_way(family: str) -> None:
    trees = TextRunner(llm(family).model, llm(family).attention).trees(PLAIN)
    assert trees is not None
    assert trees.takes(AskedText(PROMPT, ((4, 2),)))
    assert not trees.takes(AskedText(tuple(range(20, 28)), ((4, 2),)))


def test_answers_to_long_and_short_texts_of_such_a_model_come_together() -> None:
    given, slots = llm('mistral'), random_slots(llm('mistral'))
    runner = TextRunner(given.model, given.attention)
    texts = [AskedText(tuple(range(20, 40)), ANSWERS), AskedText(PROMPT, ANSWERS[:1])]
    for text, shares in zip(texts, runner.weigh_texts(texts, slots)):
        expected = runner.weigh(runner.start(text.prompt, slots), text.answers).log_softmax(-1)
        torch.testing.assert_close(shares, expected, rtol=0, atol=2e-5)


def test_a_model_that_changes_its_logits_is_asked_for_them() -> None:
    capped = model('gemma3', final_logit_softcapping=1.0)
    given = LanguageModel(capped, tokenizer(), id='capped', weights_hash='a' * 64)
    slots, runner = random_slots(given), TextRunner(given.model, given.attention)
    trees = runner.trees(slots)
    assert trees is not None and not trees.plain
    text = AskedText(PROMPT, FEW)
    expected = runner.weigh(runner.start(PROMPT, slots), text.answers).log_softmax(-1)
    torch.testing.assert_close(trees.weigh([text], slots)[0], expected, rtol=0, atol=2e-5)


def test_a_model_that_only_runs_as_a_whole_has_no_trees() -> None:
    given = tangled()
    assert TextRunner(given, LatentAttention(given)).trees(PLAIN) is None


def test_eager_attention_sees_trees_as_well() -> None:
    eager = copy.deepcopy(model('llama'))
    eager.set_attn_implementation('eager')
    runner = TextRunner(eager, LatentAttention(eager))
    assert runner.trees(PLAIN) is not None


@pytest.mark.parametrize('count', [1, 3, 700])
@pytest.mark.parametrize('bias', [True, False])
def test_logits_are_normalised_over_the_whole_vocabulary(bias: bool, count: int) -> None:
    torch.manual_seed(0)
    head = torch.nn.Linear(16, 2500, bias=bias)
    states, tokens = 9 * torch.randn(count, 16), torch.randint(2500, (count,))
    with torch.no_grad():
        whole = head(states)
        plain = PlainHead(head)
        torch.testing.assert_close(plain.normalisers(states), whole.logsumexp(-1))
        torch.testing.assert_close(
            plain.logits(states, tokens), whole.gather(-1, tokens[:, None])[:, 0])
