# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Record what each set of modalities answers: what a relevance model and a comparison need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import hashlib
from pathlib import Path
import time
from typing import Any

import numpy as np
from policy_benchmark.moments import Scenes, SensedMoment
from policy_benchmark.record_file import RecordFile
from policy_benchmark.subset_answers import answer_sets, Set

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.flops import count_flops
from mpnp_ros.core.question_vectors import question_vectors
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import Record, same_answer, Use
from mpnp_ros.evaluation.run_folder import RunFolder
from mpnp_ros.manager.replay import subsets
from mpnp_ros.suite.stamp import seconds_between
from mpnp_ros.world.progress import ProgressLine

VECTORS = 'vectors.npz'
_DIGITS = 6


@dataclass
class Recording:
    """Answer the chosen questions from sets of the modalities at hand.

    :ivar sets: how many sets of a moment are answered from: none, all, and others drawn by
        chance; 0: all sets.
    :ivar rows: answers so far, `seconds` what they took.
    """

    answerer: Answerer
    folder: Path
    sets: int = 0
    seed: int = 0
    rows: int = 0
    questions: int = 0
    seconds: float = 0.0
    _vectors: dict[str, np.ndarray] = field(default_factory=dict)

    def run(self, scenes: Scenes) -> None:
        """Record what is not recorded yet; raises ValueError for a folder of something else."""
        file = RecordFile(self.folder, self._made_from(scenes))
        line = ProgressLine('moments')
        for moment in scenes.moments(set(file.done)):
            began = time.perf_counter()
            file.add(moment.key, moment.usability, self.of(moment))
            self.seconds += time.perf_counter() - began
            line(len(file.done), len(scenes.chosen),
                 f'{self.seconds / max(self.questions, 1):.2f} s a question, '
                 f'{1e3 * self.seconds / max(self.rows, 1):.0f} ms an answer')
        self._write_vectors()

    def of(self, moment: SensedMoment) -> list[Record]:
        """Return the records of a moment, set after set for each question."""
        sets = drawn_sets(sorted(moment.available), self.sets,
                          np.random.default_rng([self.seed, moment.stamp_ns // 1_000_000]))
        latents = {name: one.latents for name, one in moment.available.items()}
        found = answer_sets(self.answerer, latents, sets, moment.questions)
        together = len(moment.questions) > 1
        records = []
        for question, shares in zip(moment.questions, found):
            vector = self.answerer.question_vector(
                question.text, question.candidates, together=together)
            if vector is not None:
                self._vectors[question.text] = np.array(vector, dtype=np.float32)
            records += [self._record(moment, question, used, [float(one) for one in row])
                        for used, row in zip(sets, shares)]
        self.rows += len(records)
        self.questions += len(moment.questions)
        return records

    def _record(self, moment: SensedMoment, question: AskedQuestion, used: Set,
                scores: Sequence[float]) -> Record:
        answer = question.candidates[max(range(len(scores)), key=scores.__getitem__)]
        names = sorted(used)
        counted = count_flops(
            self.answerer, question.text,
            {name: moment.available[name].latents for name in names}, question.candidates)
        encode = sum(moment.available[name].encode_flops for name in names)
        assert question.answer is not None
        return Record(
            question.id, moment.bag, question.scene or moment.bag, moment.stamp_ns, question.text,
            question.answer, answer, same_answer(answer, question.answer), type=question.type,
            hop=question.hop, condition=question.condition, candidates=question.candidates,
            scores=tuple(round(score, _DIGITS) for score in scores),
            modalities=tuple(_use(moment, name) for name in names),
            flops={'encode': encode, **counted})

    def _made_from(self, scenes: Scenes) -> dict[str, Any]:
        llm, digest = self.answerer.llm, hashlib.sha256()
        for connector in self.answerer.connectors:
            for name, values in sorted(connector.state_dict().items()):
                digest.update(name.encode() + values.float().cpu().numpy().tobytes())
        return {
            'llm': f'{llm.id} {llm.weights_hash[:16]}', 'connectors': digest.hexdigest()[:16],
            'sets': self.sets, 'seed': self.seed,
            'questions': hashlib.sha256(repr(sorted(
                (key, [(one.id, one.text) for one in asked])
                for key, asked in scenes.chosen.items())).encode()).hexdigest()[:16]}

    def _write_vectors(self) -> None:
        """Write the vectors of all questions; those from before a stop are computed again."""
        texts = sorted({one.question for one in RunFolder(self.folder).records()})
        lacking = [text for text in texts if text not in self._vectors]
        llm, connectors = self.answerer.llm, self.answerer.connectors
        if lacking:
            self._vectors |= zip(lacking, question_vectors(llm, connectors, lacking))
        np.savez(self.folder / VECTORS, questions=np.array(texts),
                 vectors=np.stack([self._vectors[text] for text in texts]), llm=llm.id,
                 block=llm.num_blocks - connectors.connected_blocks)


def drawn_sets(names: Sequence[str], count: int, rng: np.random.Generator) -> list[Set]:
    """Return none, all and so many other sets that `count` are there; 0: all sets.

    As many small as large ones are drawn, so that each modality is seen alone and missing.
    """
    every = subsets(names)
    if not 0 < count < len(every):
        return every
    inner: dict[int, list[Set]] = {}
    for used in every[1:-1]:
        inner.setdefault(len(used), []).append(used)
    drawn: list[Set] = []
    sizes = sorted(inner)
    while len(drawn) < count - 2:
        for size in rng.permutation(sizes):
            left = [used for used in inner[int(size)] if used not in drawn]
            if left and len(drawn) < count - 2:
                drawn.append(left[int(rng.integers(len(left)))])
    return [every[0], *sorted(drawn, key=lambda used: (len(used), sorted(used))), every[-1]]


def _use(moment: SensedMoment, name: str) -> Use:
    one = moment.available[name]
    return Use(name, one.latents.encoder_id, one.held.stamp_ns,
               round(seconds_between(moment.asked_ns, one.held.stamp_ns), _DIGITS),
               one.latents.tokens.shape[0], one.payload_bytes)
