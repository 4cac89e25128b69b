# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions as vectors: the state of a prompt's last token that enters block L-N.

It does not depend on latents (mPnP-LLM, section 2.3) and is computed for every answer anyway. Run
as a program, it writes the vectors of the questions of evaluations for `mpnp-relevance`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
import json
from pathlib import Path
import sys

import numpy as np

from mpnp_ros import shipped
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lower_states import LowerStates, PromptStates
from mpnp_ros.core.upper import UpperBlocks


def question_vector(prompt: PromptStates) -> np.ndarray:
    """Return the vector [hidden] of a question whose prompt's states are at hand, float32."""
    return np.asarray(prompt.states[0, -1].float().cpu().numpy())


class QuestionVectors:
    """Compute the vectors of questions one by one, each text once; one thread at a time."""

    def __init__(self, llm: LanguageModel, connectors: Connectors) -> None:
        self._llm, self._system_prompt = llm, connectors.system_prompt
        self._lower = LowerStates(llm.model, UpperBlocks(
            llm.model, llm.attention.architecture, connectors.connected_blocks))
        self._known: dict[str, np.ndarray] = {}

    def of(self, question: str) -> np.ndarray:
        """Return the vector [hidden]; raises ValueError for a text that cannot be asked."""
        if question not in self._known:
            self._known[question] = question_vector(self._lower.prompt(
                self._llm.prompt(question, self._system_prompt)))
        return self._known[question]


def question_vectors(llm: LanguageModel, connectors: Connectors, questions: Sequence[str]
                     ) -> np.ndarray:
    """Return the vectors [Q, hidden] of questions."""
    vectors = QuestionVectors(llm, connectors)
    return np.stack([vectors.of(question) for question in questions])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the vectors of the questions in files of records or questions (JSON lines)."""
    parser = argparse.ArgumentParser(
        'python -m mpnp_ros.core.question_vectors', description=main.__doc__)
    parser.add_argument('files', nargs='+', type=Path, metavar='FILE')
    parser.add_argument('--model', default='smollm2-135m-instruct', help='language model')
    parser.add_argument('--connectors', type=Path, default=shipped.connectors(),
                        help='directory of its connectors; default: the shipped ones')
    parser.add_argument('--out', required=True, help='the vectors, .npz')
    options = parser.parse_args(arguments)
    try:
        questions = list(dict.fromkeys(
            text for path in options.files for text in _questions(path)))
        llm = LanguageModel.load(options.model)
        connectors = Connectors.load(options.connectors, llm)
        vectors = question_vectors(llm, connectors, questions)
    except (OSError, ValueError) as error:
        print(f'cannot make vectors: {error}', file=sys.stderr)
        return 2
    np.savez(options.out, questions=np.array(questions), vectors=vectors, llm=llm.id,
             block=llm.num_blocks - connectors.connected_blocks)
    print(f'{options.out}: {len(questions)} questions')
    return 0


def _questions(path: Path) -> Iterator[str]:
    with open(path, encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield str(json.loads(line)['question'])
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number}: expected an object with a 'question'"
                                 ) from error


if __name__ == '__main__':
    sys.exit(main())
