# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The models that a parameter file asks for, loaded without nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import dataclasses
from dataclasses import dataclass, field
import math
from typing import Any

import numpy as np

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.flops import prepare_count
from mpnp_ros.core.gate import Gate
from mpnp_ros.core.question_vectors import QuestionVectors
from mpnp_ros.encoders.base import create, Encoder
from mpnp_ros.evaluation.offline.question_decisions import answers_per_s, QuestionDecisions
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.manager.configured import policy_from, settings_from
from mpnp_ros.manager.decider import DeciderSettings
from mpnp_ros.manager.policy import EVERYTHING, Policy, StaticPolicy
from mpnp_ros.suite.configuration import SuiteConfiguration
from mpnp_ros.suite.loading import load_answerer


@dataclass(frozen=True)
class Ablation:
    """What is taken away from trained connectors to see what it was worth.

    :ivar connected_blocks: keep this many of the connected blocks, the last ones; 0: all.
    :ivar gates: value of all gates of a modality, 0 (closed) to 1, in place of the trained ones.
    """

    connected_blocks: int = 0
    gates: dict[str, float] = field(default_factory=dict)


class Encoders(Mapping[str, Encoder]):
    """The encoders of a configuration, each loaded when it is first wanted."""

    def __init__(self, configuration: SuiteConfiguration) -> None:
        self._given = configuration.modalities
        self._loaded: dict[str, Encoder] = {}

    def __getitem__(self, modality: str) -> Encoder:
        if modality not in self._loaded:
            given = self._given[modality]
            self._loaded[modality] = create(
                given.parameters.encoder, given.options, device=given.parameters.device)
        return self._loaded[modality]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


class OfflineSuite:
    """Encoders, manager policy and LLM with connectors, as the nodes would load them.

    Raises ConfigurationError, mpnp_ros.core.weights.WeightsMissing, ConnectorMismatch and
    ValueError with the cause where something cannot be loaded.
    """

    def __init__(self, configuration: SuiteConfiguration, ablation: Ablation) -> None:
        self.configuration = configuration
        self.encoders = Encoders(configuration)
        given = configuration.manager
        self.policy = policy_from(
            given, given.policy, [name for name in given.modalities if name])
        self._settings = _without_clock(settings_from(given))
        self.answerer = load_answerer(configuration.llm)
        ablate(self.answerer.connectors, ablation)
        prepare_count(self.answerer)
        self._vectors = self._question_vectors() if self.policy.wants_vectors else None

    @property
    def decides_by_question(self) -> bool:
        """Tell whether what is used depends on the question, on the sensors' data or on costs."""
        return self.policy.looks_at_questions or bool(
            np.isfinite(self._settings.budget.limits()).any())

    @property
    def attached(self) -> Policy:
        """Return what is encoded: whatever a question might use."""
        return StaticPolicy([EVERYTHING]) if self.decides_by_question else self.policy

    def decisions(self, questions: Sequence[AskedQuestion]) -> QuestionDecisions:
        """Return what decides about each of a bag's questions."""
        return QuestionDecisions(
            self.policy, self._settings, answers_per_s(questions), self._vector_of)

    def _question_vectors(self) -> QuestionVectors:
        llm, connectors = self.answerer.llm, self.answerer.connectors
        problem = self.policy.problem_with_vectors(
            llm.id, llm.num_blocks - connectors.connected_blocks)
        if problem:
            raise ValueError(f'the questions have {problem}')
        return QuestionVectors(llm, connectors)

    def _vector_of(self, question: str) -> np.ndarray | None:
        """Return the vector of a question where the policy looks at it and it can be asked."""
        try:
            return None if self._vectors is None else self._vectors.of(question)
        except ValueError:
            return None

    def describe(self) -> dict[str, Any]:
        """Return what identifies the models, ready for JSON."""
        llm, connectors = self.answerer.llm, self.answerer.connectors
        return {
            'model': {
                'id': llm.id, 'weights_hash': llm.weights_hash,
                'dtype': self.configuration.llm.dtype, 'blocks': llm.num_blocks,
                'connected_blocks': connectors.connected_blocks},
            'connectors': {
                one.config.modality: {
                    'encoder_id': one.config.encoder_id,
                    'weights_hash': one.config.encoder_weights_hash,
                    'gates': one.gates()} for one in connectors},
        }


def _without_clock(settings: DeciderSettings) -> DeciderSettings:
    """Return settings without the limits on what a run cannot tell twice alike."""
    return dataclasses.replace(settings, budget=dataclasses.replace(
        settings.budget, answer_ms=math.inf, watts=math.inf))


def ablate(connectors: Connectors, ablation: Ablation) -> None:
    """Take away from connectors what the ablation says; raises ValueError for what they lack."""
    if ablation.connected_blocks > connectors.connected_blocks:
        raise ValueError(f'{ablation.connected_blocks} connected blocks are asked for, the '
                         f'connectors have {connectors.connected_blocks}')
    unknown = sorted(set(ablation.gates) - set(connectors.modalities))
    if unknown:
        raise ValueError(f'gates of {", ".join(unknown)}: there are connectors for '
                         f'{", ".join(connectors.modalities) or "nothing"}')
    for connector in connectors:
        gate = connector.gate
        wanted = ablation.gates.get(connector.config.modality)
        if not isinstance(gate, Gate):
            if wanted is not None or ablation.connected_blocks:
                raise ValueError("connectors with the paper's arithmetic share their gates: "
                                 'they cannot be set one by one')
            continue
        if wanted is not None:
            gate.set_values(wanted)
        if ablation.connected_blocks:
            for block in range(connector.config.connected_blocks - ablation.connected_blocks):
                gate.close(block)
