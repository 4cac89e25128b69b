# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The arms of the comparison: what is trained, made anew for each seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.fusion.ep_alm import EpAlm
from mpnp_ros.core.fusion.fusion import Fusion
from mpnp_ros.core.fusion.input_projection import InputProjection
from mpnp_ros.core.fusion.last_blocks import LastBlocks
from mpnp_ros.core.fusion.prompt_fuse import PromptFuse
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.training.comparison.kept_texts import KeptTexts
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.labelled import names_of

OURS, PAPER, FULL, QUESTION_ONLY = 'ours', 'paper', 'full', 'question_only'
PLAIN = 'ours_plain'     # whose questions look at sensors too, and do not open slots
BASELINES = ('input_projection', 'prompt_fuse', 'ep_alm', FULL)
_WITHOUT, _LAST = 'ours_without_', 'ours_last_'

# Peaks of the rates: of what is learned, and of gates (of the projectors in full fine-tuning).
RATES = {OURS: (4e-3, 1e-1), PLAIN: (4e-3, 1e-1), PAPER: (4e-3, 1e-2),
         'input_projection': (2e-3, 2e-3), 'prompt_fuse': (3e-3, 3e-3), 'ep_alm': (2e-3, 2e-3),
         FULL: (5e-5, 1e-3)}


@dataclass(frozen=True)
class Shape:
    """How large what is trained is: connectors and eP-ALM reach the last `blocks` blocks."""

    blocks: int = 4
    hidden: int = 320
    relevance: int = 32
    prompts: int = 20
    system_prompt: str = 'Answer in one word.'


@dataclass(frozen=True)
class Arm:
    """A fusion to train, and the language model that it is made for.

    Connectors are trained by the code that users train them with (`ConnectorTraining`), on the
    states that are `kept`; their fusion answers what is asked.
    """

    fusion: Fusion
    llm: LanguageModel
    connectors: Connectors | None = None
    kept: KeptTexts | None = None


class FullFineTuning(InputProjection):
    """Input projection with the language model trained too; projectors have their own rate."""

    name = FULL

    def __init__(self, llm: LanguageModel, widths: Mapping[str, int], system_prompt: str) -> None:
        super().__init__(llm, widths, system_prompt=system_prompt, train_llm=True)

    def gates(self) -> set[nn.Parameter]:
        """Return the weights of the projectors."""
        return set(self.projectors.parameters())


def arm_names(modalities: Mapping[str, Source]) -> list[str]:
    """Return the names of the arms that are trained unless others are named."""
    return [OURS, PLAIN, PAPER, *BASELINES, QUESTION_ONLY,
            *(without(name) for name in sorted(modalities) if len(modalities) > 1)]


def last_blocks(name: str) -> int | None:
    """Return how many of the last blocks an arm's name gives, None where it gives none."""
    count = name.removeprefix(_LAST)
    return int(count) if count != name and count.isdecimal() and int(count) else None


def without(modality: str) -> str:
    """Return the name of the arm that is ours, trained without a modality."""
    return _WITHOUT + modality


def left_out(name: str) -> str:
    """Return the modality that an arm is trained without, '' where it is trained with all."""
    return name.removeprefix(_WITHOUT) if name.startswith(_WITHOUT) else ''


def kind_of(name: str) -> str:
    """Return the arm whose steps cost what those of this one do."""
    return OURS if left_out(name) else name


def rate_of(name: str) -> str:
    """Return the arm of RATES that an arm is a case of."""
    return OURS if last_blocks(name) else kind_of(name)


def connects(name: str) -> bool:
    """Say whether an arm has connectors to the last blocks."""
    return rate_of(name) in (OURS, PLAIN, PAPER)


def late_of(name: str, llm: LanguageModel) -> int:
    """Return how many of a prompt's last tokens look at slots in an arm, 0 for all of them."""
    return llm.format.lead if rate_of(name) == OURS else 0


def make_arm(name: str, llm: LanguageModel, load: Callable[[], LanguageModel],
             sources: Mapping[str, Source], shape: Shape, kept: KeptTexts | None,
             seed: int) -> Arm:
    """Return an arm at its start.

    `load` gives a language model of its own to the arm that changes it. What connects to the last
    blocks needs texts that are `kept`.
    """
    torch.manual_seed(seed)
    widths = {modality: source.width for modality, source in sources.items()}
    if kept is not None:
        ours = rate_of(name) == OURS
        connectors = Connectors.create(
            llm, {one: source for one, source in sources.items() if one != left_out(name)},
            connected_blocks=last_blocks(name) or shape.blocks, hidden=shape.hidden,
            faithful=name == PAPER, answer_only=ours, relevance=shape.relevance if ours else 0,
            names=names_of(sources), system_prompt=shape.system_prompt, seed=seed)
        return Arm(LastBlocks(llm, connectors, kept.asked), llm, connectors, kept)
    if name == FULL:
        llm = load()
        fusion: Fusion = FullFineTuning(llm, widths, shape.system_prompt)
    elif name == 'input_projection':
        fusion = InputProjection(llm, widths, system_prompt=shape.system_prompt)
    elif name == 'prompt_fuse':
        fusion = PromptFuse(llm, widths, system_prompt=shape.system_prompt,
                            prompts=shape.prompts)
    elif name == 'ep_alm':
        fusion = EpAlm(llm, widths, blocks=shape.blocks, system_prompt=shape.system_prompt)
    else:
        raise TrainError(f'arm {name!r}: expected one of {", ".join(arm_names(sources))}')
    return Arm(fusion, llm)
