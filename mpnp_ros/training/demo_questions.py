# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Choose what the demo asks about its drive, among what the connectors answer right.

Run as `python -m mpnp_ros.training.demo_questions DRIVE CONNECTORS`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import sys
import tempfile

from mpnp_ros import shipped
from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.training.config import Data
from mpnp_ros.training.labelled import Labelled, read_labelled
from mpnp_ros.training.token_cache import TokenCache


@dataclass(frozen=True)
class Part:
    """What one question of the demo is about, and under which condition it is asked."""

    types: tuple[str, ...]
    condition: str


PARTS = (
    Part(('color',), 'day'),
    Part(('hearing', 'hearing side'), 'day'),
    Part(('count', 'exist'), 'day'),
    Part(('free way', 'distance'), 'day, fog'),
    Part(('turning', 'braking'), 'night'),
    Part(('approach', 'speed'), 'night'),
)
_CAMERA = 'camera'


def mark(directory: Path, connectors: Path) -> list[str]:
    """Mark one question for each of PARTS in a drive's questions; return them in words.

    Of those that are answered right, both among the candidates and freely written, at their
    moment and at the one before, the most certain is taken. A question of colours must be lost
    without the camera. Raises ValueError where a part has none.
    """
    file, problems = directory / 'questions.jsonl', Problems()
    configuration = read_configuration(shipped.configuration('world.yaml'))
    with tempfile.TemporaryDirectory() as cache:
        tokens = TokenCache(Path(cache), configuration, Data.model_fields['settle_s'].default)
        labelled = read_labelled([directory / 'bag'], [file], configuration, tokens, problems)
        llm = LanguageModel.load(configuration.llm.model)
        answerer = Answerer(llm, Connectors.load(connectors, llm))
        chosen = [_surest(answerer, part, labelled) for part in PARTS]
    marked = {one.question.id for one in chosen}
    lines = [json.loads(line) for line in file.read_text(encoding='utf-8').splitlines()]
    file.write_text(''.join(
        f'{json.dumps({**line, "demo": line["id"] in marked})}\n' for line in lines),
        encoding='utf-8')
    return [f'{one.question.id}: {one.question.text} {one.sample.answer}' for one in chosen]


def _surest(answerer: Answerer, part: Part, labelled: Sequence[Labelled]) -> Labelled:
    best: tuple[float, Labelled] | None = None
    for before, now in _neighbours(part, labelled):
        sure = min(_certainty(answerer, now, moment) for moment in (before, now))
        if sure > (best[0] if best else 0.0):
            best = sure, now
    if best is None:
        raise ValueError(f'no question of {" or ".join(part.types)} under {part.condition!r} is '
                         'answered right at its moment and the one before')
    return best[1]


def _neighbours(part: Part, labelled: Sequence[Labelled]) -> Iterator[tuple[Labelled, Labelled]]:
    """Yield the part's questions, each behind one of the moment before in the same scene.

    Those of the last moment are left out: the replay ends before they have settled.
    """
    moments = {(one.scene, one.question.stamp_ns): one for one in labelled}
    end_ns = max(one.question.stamp_ns for one in labelled)
    for one in labelled:
        if one.question.type in part.types and one.question.condition == part.condition and (
                one.question.stamp_ns < end_ns):
            earlier = [stamp for scene, stamp in moments
                       if scene == one.scene and stamp < one.question.stamp_ns]
            if earlier:
                yield moments[one.scene, max(earlier)], one


def _certainty(answerer: Answerer, asked: Labelled, moment: Labelled) -> float:
    """Return the probability of the right answer from a moment, 0 where it is not given."""
    question, answer, latents = asked.question, asked.sample.answer, moment.sample.latents
    candidates = list(question.candidates)
    scored = answerer.answer(question.text, latents, candidates=candidates)
    if scored.text != answer or answerer.answer(question.text, latents).text != answer:
        return 0.0
    if question.type == 'color':
        rest = {name: given for name, given in latents.items() if name != _CAMERA}
        if answerer.answer(question.text, rest).text == answer:
            return 0.0
    return scored.scores[candidates.index(answer)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see --help)."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or '').split('\n', 1)[0],
        prog='python -m mpnp_ros.training.demo_questions')
    parser.add_argument('drive', type=Path, help='what mpnp_ros.world.world_drive recorded')
    parser.add_argument('connectors', type=Path, help='their folder')
    options = parser.parse_args(arguments)
    try:
        print('\n'.join(mark(options.drive, options.connectors)))
    except (OSError, ValueError) as error:
        print(f'mpnp_ros.training.demo_questions: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
