# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that a training starts from: models, connectors, and what they learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lora import attach_lora, Lora
from mpnp_ros.core.processes import Processes
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.configuration import read_configuration, SuiteConfiguration
from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.config import Connecting, TrainingFile
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.labelled import (
    fingerprint, Labelled, names_of, read_labelled, sources, usable)
from mpnp_ros.training.split import refuse_shared_scenes, split_by_scene
from mpnp_ros.training.token_cache import TokenCache


@dataclass(frozen=True)
class Prepared:
    """A training that can begin.

    :ivar llm_tokens: most tokens of a free answer, as the LLM node gives it.
    """

    config: TrainingFile
    llm: LanguageModel
    connectors: Connectors
    lora: Lora | None
    learned: list[Labelled]
    held_out: list[Labelled]
    llm_tokens: int

    def training(self, processes: Processes, reduced: bool | None = None) -> ConnectorTraining:
        """Return the training at its first step."""
        return ConnectorTraining(
            self.llm, self.connectors, [one.sample for one in self.learned],
            self.config.training_config(), lora=self.lora, processes=processes, reduced=reduced,
            fresh=() if self.config.connectors.start else self.connectors.modalities)

    def made_from(self) -> dict[str, Any]:
        """Return what makes a training this one and no other, ready for JSON."""
        described = self.config.described()
        return {
            'llm': f'{self.llm.id} {self.llm.weights_hash[:16]}',
            'encoders': {one.config.modality: f'{one.config.encoder_id} '
                         f'{one.config.encoder_weights_hash[:16]}' for one in self.connectors},
            'names': {one.config.modality: list(one.config.names) for one in self.connectors},
            'questions': fingerprint(self.learned),
            'training': described['training'], 'lora': described['lora'],
            'connectors': described['connectors']}


def prepare(config: TrainingFile, cache: Path, processes: Accelerated,
            problems: Problems) -> Prepared:
    """Load the models and read the data, encoding in the first process what is not encoded yet.

    Raises TrainError, and what loading models raises.
    """
    configuration = read_configuration(config.suite, config.parameters)
    tokens = TokenCache(cache, configuration, config.data.settle_s)
    failed: BaseException | None = None
    read: list[list[Labelled]] = []
    for turn in range(2 if processes.size > 1 else 1):
        # The others read what the first one has encoded.
        if processes.main == (turn == 0):
            try:
                read = _read(config, configuration, tokens, problems)
            except (OSError, ValueError, ImportError, RuntimeError) as error:
                failed = error
        if not processes.agree(failed is None):
            raise failed or TrainError('another process could not read the data')
    learned, held_out = read
    learned = _of_types(learned, config.data.types)
    given = configuration.llm
    llm = LanguageModel.load(given.model, dtype=given.dtype, device=str(processes.device))
    connectors, lora = _start(config, llm, learned, problems)
    wanted = {one.config.modality: Source(
        one.config.encoder_id, one.config.encoder_weights_hash, one.config.width)
        for one in connectors}
    unknown = config.training.unknown_answer
    learned = usable(learned, wanted, llm, connectors.system_prompt, unknown, problems)
    held_out = usable(held_out, wanted, llm, connectors.system_prompt, unknown, problems)
    if not config.data.held_out:
        learned, held_out = split_by_scene(
            learned, config.data.held_out_share, config.training.seed)
    refuse_shared_scenes(learned, held_out)
    if not learned:
        _tell(problems)
        raise TrainError('there is no question to learn from: see above what was wrong with each')
    return Prepared(config, llm, connectors, lora, learned, held_out, given.max_tokens)


def _read(config: TrainingFile, configuration: SuiteConfiguration, tokens: TokenCache,
          problems: Problems) -> list[list[Labelled]]:
    data = config.data
    found = [read_labelled(
        bags, files, configuration, tokens, problems, scene=data.scene,
        modalities=data.modalities) if bags else []
        for bags, files in ((data.bags, data.questions), (data.held_out, data.held_out_questions))]
    if not found[0]:
        _tell(problems)
        raise TrainError('the bags hold no question that can be learned from')
    return found


def _of_types(labelled: list[Labelled], types: Sequence[str]) -> list[Labelled]:
    """Return the questions of some types, of all if none is named."""
    kept = [one for one in labelled if not types or one.question.type in types]
    lacking = sorted(set(types) - {one.question.type for one in kept})
    if lacking:
        known = ', '.join(sorted({one.question.type for one in labelled}))
        raise TrainError(f'there are no questions of type {", ".join(lacking)}, only of {known}')
    return kept


def _start(config: TrainingFile, llm: LanguageModel, learned: list[Labelled],
           problems: Problems) -> tuple[Connectors, Lora | None]:
    """Return the connectors to train, new or given, and their LoRA."""
    given: Connecting = config.connectors
    lora_config = config.lora_config()
    if given.start is not None:
        lora = attach_lora(given.start, llm)
        connectors = Connectors.load(given.start, llm)
        if lora is not None and (lora_config is None or lora.config != lora_config):
            raise TrainError(f'{given.start} comes with LoRA of {lora.config}: give the same in '
                             '`lora`, so that it goes on')
        if lora is not None:
            for parameter in lora.parameters():
                parameter.requires_grad_(True)
            return connectors, lora
    else:
        chosen = sources(learned, problems)
        connectors = Connectors.create(
            llm, chosen, connected_blocks=given.count, hidden=given.hidden,
            faithful=given.faithful, system_prompt=given.system_prompt,
            seed=config.training.seed, blocks=tuple(sorted(given.blocks)),
            answer_only=given.answer_only, relevance=given.relevance, names=names_of(chosen))
    if lora_config is None:
        return connectors, None
    return connectors, Lora(llm, connectors.connected_blocks, lora_config,
                            seed=config.training.seed)


def _tell(problems: Problems) -> None:
    for problem in problems:
        print(f'{problem.what} ({problem.count} times: {", ".join(problem.places)})',
              file=sys.stderr)
