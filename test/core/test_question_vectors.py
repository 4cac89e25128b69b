# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The vector of a question is the state of its prompt's last token that enters block L-N."""

from __future__ import annotations

import numpy as np
from tiny_models import connectors, llm
import torch

from mpnp_ros.core.question_vectors import main, question_vectors

QUESTIONS = ['Is the way clear?', 'How many cars are there?']


def test_vectors_are_what_the_model_itself_has_there() -> None:
    given = llm()
    found = question_vectors(given, connectors(given, blocks=2), QUESTIONS)
    for question, vector in zip(QUESTIONS, found):
        with torch.no_grad():
            states = given.model(input_ids=torch.tensor([given.prompt(question)]),
                                 output_hidden_states=True).hidden_states
        np.testing.assert_allclose(vector, states[2][0, -1].numpy(), rtol=0, atol=1e-6)


def test_a_file_without_questions_is_named(tmp_path, capsys) -> None:
    (tmp_path / 'records.jsonl').write_text('{"answer": 3}\n')
    assert main([str(tmp_path / 'records.jsonl'), '--out', str(tmp_path / 'vectors.npz')]) == 2
    assert "records.jsonl, line 1: expected an object with a 'question'" in (
        capsys.readouterr().err)
