# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command `mpnp-relevance`: learn from evaluations which modalities a question needs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys
from typing import Any

import numpy as np

from mpnp_ros.evaluation.run_folder import RunFolder
from mpnp_ros.manager.features import Features, NgramFeatures, StateFeatures
from mpnp_ros.manager.held_out import held_out
from mpnp_ros.manager.outcome import Outcome, outcomes, read_usability
from mpnp_ros.manager.relevance import RelevanceModel
from mpnp_ros.manager.relevance_fit import fit

_DESCRIPTION = """Learn a relevance model for the policy 'learned' of the modality manager from
evaluations of the same questions with different sets of modalities (mpnp-evaluate run --set
modality_manager.modalities=[...])."""
_EPILOG = """A file of vectors is what python -m mpnp_ros.core.question_vectors writes: an .npz
with 'questions' [Q], 'vectors' [Q, hidden], 'llm' (its id) and 'block' (that the states enter).
They tell unseen wordings much better than words do; the LLM node gives them to the manager.
Exit codes: 0 done, 2 unusable input."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        _learn(options)
    except (ValueError, OSError) as error:
        print(f'mpnp-relevance: {error}', file=sys.stderr)
        return 2
    return 0


def _learn(options: argparse.Namespace) -> None:
    usability = read_usability(options.usability) if options.usability else None
    found = [one for path in options.records
             for one in outcomes(RunFolder(folder_of(path)).records(), usability)]
    features: Features = NgramFeatures()
    vectors: dict[str, np.ndarray] = {}
    if options.vectors:
        features, vectors = read_vectors(options.vectors)

    def learn(part: Sequence[Outcome]) -> RelevanceModel:
        return fit(part, features, vectors=vectors, components=options.components,
                   ridge=options.ridge)

    model = learn(found)
    for what, group in (('wordings', lambda one: one.question), ('scenes', lambda one: one.scene)):
        result = held_out(found, learn, group, vectors)
        if result is not None:
            model.facts[f'held_out_{what}'] = {
                'log_loss': result.learned, 'log_loss_of_the_set_alone': result.by_set}
            print(f'unseen {what}: log loss {result.learned:.3f}, '
                  f'{result.by_set:.3f} without looking at the question')
    model.save(options.out)
    print(f'{options.out}: learned from {len(found)} answers to '
          f'{model.facts["questions"]} questions with {", ".join(model.modalities) or "nothing"}')


def folder_of(path: str) -> Path:
    """Return the run's folder for itself or for its file of records."""
    given = Path(path)
    folder = given.parent if given.name == 'records.jsonl' else given
    if not (folder / 'records.jsonl').is_file():
        raise ValueError(f'{path}: neither the folder of an evaluation nor its records.jsonl')
    return folder


def read_vectors(path: str) -> tuple[StateFeatures, dict[str, np.ndarray]]:
    """Read vectors of questions; raises ValueError for a file of something else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            texts, vectors = file['questions'], file['vectors']
            features = StateFeatures(str(file['llm']), int(file['block']), vectors.shape[1])
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f'{path}: no file of vectors: {error}') from error
    if len(texts) != len(vectors):
        raise ValueError(f'{path}: {len(texts)} questions with {len(vectors)} vectors')
    found: dict[str, Any] = dict(zip(texts.tolist(), vectors))
    return features, found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser('mpnp-relevance', description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument('records', nargs='+', metavar='RECORDS',
                        help='folder of an evaluation, or its records.jsonl')
    parser.add_argument('--out', required=True, metavar='FILE', help='the model, safetensors')
    parser.add_argument('--usability', metavar='FILE', help='how good each modality was at each '
                        'moment: JSON lines with bag, stamp_ns and usability')
    parser.add_argument('--vectors', metavar='FILE', help="the language model's states of the "
                        'questions; without, their words are counted')
    parser.add_argument('--components', type=int, default=0, metavar='K',
                        help='principal components of the questions; 0: 16 of states, 32 of '
                        'words')
    parser.add_argument('--ridge', type=float, default=3.0, metavar='R',
                        help='pull on the weights, in answers (default 3)')
    return parser


if __name__ == '__main__':
    sys.exit(main())
