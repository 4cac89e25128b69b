# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A training file: data, suite, connectors, and how they are trained (docs/training.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from mpnp_ros.core.lora import LoraConfig
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.evaluation.scenarios.scenario_model import (
    ExistingPath,
    Field,
    field_validator,
    model_validator,
    Strict,
)

VERSION = 1
Control = Literal['question_only', 'shuffled']


class Data(Strict):
    """Bags with questions to learn from, and those that are held out."""

    bags: list[ExistingPath] = Field(
        min_length=1, description='Bags of sensors or of latents, or folders of such bags.')
    questions: list[ExistingPath] = Field(
        [], description='One question file for each bag or one for all; otherwise '
        'questions.jsonl in or beside each bag.')
    held_out: list[ExistingPath] = Field(
        [], description='Bags that are held out; without any, a share of the scenes is.')
    held_out_questions: list[ExistingPath] = Field(
        [], description='Question files of the bags that are held out.')
    held_out_share: float = Field(
        0.2, ge=0.0, lt=1.0, description='Share of the scenes that is held out.')
    scene: Literal['given', 'moment'] = Field(
        'given', description='What stays together: given, the scene that a question names, '
        'otherwise its bag; moment, what is asked at the same time, for bags of unrelated '
        'moments.')
    modalities: list[str] = Field(
        [], description='Modalities to train; empty: all of the suite.')
    types: list[str] = Field(
        [], description='Types of questions to learn; empty: all. Of held-out bags all are asked.')
    settle_s: float = Field(
        0.1, ge=0.0, le=60.0,
        description="How long after the stamp of a question it is asked, s of the bag's clock.")


class Connecting(Strict):
    """What connectors are made of."""

    connected_blocks: int | None = Field(
        None, ge=1, description='Into how many of the last blocks sensors enter; 4 where '
        'blocks are not named either.')
    blocks: list[int] = Field(
        [], description='The blocks that sensors enter, counted from 0, in place of the last.')
    hidden: int = Field(320, ge=1, description="Width of a connector's trunk.")
    faithful: bool = Field(False, description="Whether to use the paper's arithmetic.")
    answer_only: bool = Field(
        False, description='Whether only what follows a question looks at sensors, not the '
        'question itself.')
    relevance: int = Field(
        0, ge=0, description="In how many dimensions a question's words say which tokens it is "
        'about; 0: they do not. Needs answer_only.')
    system_prompt: str = Field('Answer in one word.', description='System prompt of questions.')
    start: ExistingPath | None = Field(
        None, description='Folder of connectors to go on from, in place of new ones.')

    @model_validator(mode='after')
    def _check_blocks(self) -> Connecting:
        if self.blocks and self.connected_blocks not in (None, len(self.blocks)):
            raise ValueError(f'{len(self.blocks)} blocks are named and connected_blocks is '
                             f'{self.connected_blocks}: one of them is enough')
        if any(block < 0 for block in self.blocks):
            raise ValueError(f'blocks are {self.blocks}: they are counted from 0')
        if self.start is not None and (self.blocks or self.connected_blocks):
            raise ValueError('connectors to start from have their blocks already')
        return self

    @property
    def count(self) -> int:
        """Return the number of connected blocks."""
        return len(self.blocks) or self.connected_blocks or 4


class Steps(Strict):
    """How many steps are done, and how large they are."""

    steps: int = Field(500, ge=1, description='Number of steps.')
    batch: int = Field(64, ge=1, description='Questions in a step, in all processes together.')
    learning_rate: float = Field(1e-3, gt=0.0, description='Peak rate of aligners.')
    gate_learning_rate: float = Field(1e-2, gt=0.0, description='Peak rate of gates.')
    relevance_learning_rate: float = Field(
        2.5e-3, gt=0.0, description='Peak rate of what tells the tokens that a question is about.')
    weight_decay: float = Field(1e-2, ge=0.0, description='Weight decay of all but gates.')
    warm_up: float = Field(0.15, ge=0.0, lt=1.0, description='Share of steps of rising rates.')
    clip: float = Field(1.0, gt=0.0, description='Largest norm of the gradient.')
    drop: float = Field(
        0.3, ge=0.0, lt=1.0, description='How often a question loses one of its modalities.')
    unknown_answer: str | None = Field(
        None, description='What to answer while no modality that a question needs takes part.')
    precision: Literal['auto', 'float32', 'bfloat16'] = Field(
        'auto', description='Of the matrix products; auto: the faster one, measured.')
    seed: int = Field(0, ge=0, description='Seed of new weights, draws and the split.')
    whiten_keys: bool = Field(
        False, description="Whether keys learn where the frozen LLM's queries are white.")
    together: int = Field(
        1, ge=1, description='Questions of a step that are about one moment, as far as there are.')
    alone: float = Field(
        0.0, ge=0.0, le=1.0, description='Share of the steps, the first ones, that show one '
        'modality each, in turn, and ask what it can answer by itself.')


class LoraSteps(Strict):
    """LoRA in the connected blocks, through peft."""

    rank: int = Field(8, ge=1, description='Rank of the adapters.')
    alpha: float = Field(16.0, gt=0.0, description='Scale of what they add, over the rank.')
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description='Dropout before the adapters.')
    targets: list[str] = Field(
        [], description='Names of linear layers; empty: those of the attention.')
    learning_rate: float = Field(2e-4, gt=0.0, description='Peak rate of the adapters.')


class HeldOut(Strict):
    """When the connectors are judged on what is held out."""

    every: int = Field(0, ge=0, description='Steps between; 0: at the end only.')
    most: int = Field(
        500, ge=1, description='Most questions that are asked in between; all at the end.')
    controls: list[Control] = Field(
        ['question_only', 'shuffled'],
        description='What is answered beside: question_only, shuffled.')
    batch: int = Field(32, ge=1, description='Moments that are answered together.')


class TrainingFile(Strict):
    """A training, as its file describes it."""

    version: Literal[1] = Field(description='Version of the format.')
    name: str = Field('', description='Name of the training; empty: that of the file.')
    suite: ExistingPath = Field(description='Parameter file of the suite: encoders and LLM.')
    parameters: dict[str, Any] = Field(
        {}, description='Other parameters of it, by <node>.<parameter>.')
    data: Data
    connectors: Connecting = Field(default_factory=lambda: Connecting.model_validate({}))
    training: Steps = Field(default_factory=lambda: Steps.model_validate({}))
    lora: LoraSteps | None = Field(None, description='LoRA beside connectors; none if left out.')
    held_out: HeldOut = Field(default_factory=lambda: HeldOut.model_validate({}))
    save_every: int = Field(100, ge=1, description='Steps between checkpoints.')
    device: Literal['auto', 'cpu'] = Field(
        'auto', description='auto: GPUs where there are any.')
    tensorboard: bool = Field(False, description='Whether to write scalars for TensorBoard.')

    @field_validator('parameters')
    @classmethod
    def _check_parameters(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in values:
            if not all(name.partition('.')):
                raise ValueError(f'{name!r}: expected <node>.<parameter>')
        return values

    def training_config(self) -> TrainingConfig:
        """Return what the training core wants to know."""
        given = self.training.model_dump()
        if self.lora is not None:
            given['lora_learning_rate'] = self.lora.learning_rate
        return TrainingConfig(**given)

    def lora_config(self) -> LoraConfig | None:
        """Return what LoRA wants to know, None without any."""
        if self.lora is None:
            return None
        given = self.lora.model_dump(exclude={'learning_rate'})
        return LoraConfig(**{**given, 'targets': tuple(given['targets'])})

    def described(self) -> dict[str, Any]:
        """Return everything but where things lie, ready for JSON."""
        return {**self.model_dump(mode='json', exclude={'suite', 'data'}),
                'data': self.data.model_dump(mode='json', exclude={
                    'bags', 'questions', 'held_out', 'held_out_questions'}),
                'suite': Path(self.suite).name}
