# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answers from the words of a question alone: logistic regression over 1-3-grams."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from mpnp_ros.evaluation.question_only.ngrams import ngrams


class TextModel:
    """Learn which answer the words go with: one weight for each n-gram and answer, and a bias.

    Minimised is the summed cross-entropy plus `l2` / 2 times the summed squares of the weights
    (scikit-learn's LogisticRegression with C = 1 / l2), over all questions at once, by L-BFGS.
    It is convex: the outcome does not hang on a seed.

    :param texts: questions, at least one.
    :param answers: the right answers.
    """

    def __init__(self, texts: Sequence[str], answers: Sequence[str], l2: float = 1.0,
                 steps: int = 100) -> None:
        if not texts or len(texts) != len(answers):
            raise ValueError(f'{len(texts)} texts and {len(answers)} answers: expected as many, '
                             'and at least one')
        if l2 <= 0.0:
            raise ValueError(f'l2 {l2}: expected more than 0, there are more words than questions')
        self.answers = sorted(set(answers))
        of_text = [ngrams(text) for text in texts]
        self._ids = {gram: index for index, gram in enumerate(
            sorted({gram for grams in of_text for gram in grams}))}
        rows = self._rows(of_text)
        index = {answer: number for number, answer in enumerate(self.answers)}
        right = torch.tensor([index[answer] for answer in answers])                   # [Q]
        self._weight = torch.zeros(len(self._ids), len(self.answers), requires_grad=True)
        self._bias = torch.zeros(len(self.answers), requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [self._weight, self._bias], max_iter=steps, line_search_fn='strong_wolfe',
            history_size=10, tolerance_grad=1e-4, tolerance_change=1e-7)

        def loss() -> torch.Tensor:
            optimizer.zero_grad()
            total = functional.cross_entropy(
                torch.sparse.mm(rows, self._weight) + self._bias, right, reduction='sum')
            total = (total + l2 / 2.0 * self._weight.square().sum()) / len(texts)
            total.backward()
            return total

        optimizer.step(loss)

    @torch.no_grad()
    def answer(self, texts: Sequence[str], candidates: Sequence[Sequence[str]] = ()) -> list[str]:
        """Return the likeliest answer to each question.

        :param candidates: for each question those that it may get; empty: any. Where none of
            them was ever an answer, the first one is given.
        """
        scores = torch.sparse.mm(self._rows([ngrams(text) for text in texts]),
                                 self._weight) + self._bias                            # [Q, A]
        guesses = [self.answers[best] for best in scores.argmax(dim=1).tolist()]
        index = {answer: number for number, answer in enumerate(self.answers)}
        for row, allowed in enumerate(candidates):
            known = [name for name in allowed if name in index]
            if allowed:
                guesses[row] = max(known, key=lambda name: float(scores[row, index[name]])) \
                    if known else allowed[0]
        return guesses

    def _rows(self, of_text: Sequence[Sequence[str]]) -> torch.Tensor:
        """Return which n-grams each text has, sparse [Q, n-grams]; unknown ones are left out."""
        pairs = [(row, self._ids[gram]) for row, grams in enumerate(of_text)
                 for gram in grams if gram in self._ids]
        places = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T
        return torch.sparse_coo_tensor(
            places, torch.ones(len(pairs)), (len(of_text), len(self._ids)),
            check_invariants=True).coalesce()
