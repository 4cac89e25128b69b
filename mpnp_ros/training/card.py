# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The card of trained connectors: data, seed, command, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import os
import platform
from typing import Any

import torch

from mpnp_ros import __version__
from mpnp_ros.evaluation.figures.summary import summary
from mpnp_ros.training.prepared import Prepared


def card(prepared: Prepared, trained: Mapping[str, Any], scores: Mapping[str, Any],
         command: Sequence[str]) -> str:
    """Return the card in Markdown; `trained` is the summary of the training."""
    config = prepared.config
    lines = [
        f'# Connectors "{config.name}"', '',
        f'Trained by mpnp_ros {__version__} for the language model `{prepared.llm.id}` (weights '
        f'`{prepared.llm.weights_hash[:16]}`), which '
        + ('stays frozen.' if prepared.lora is None else
           f'has LoRA of rank {prepared.lora.config.rank} in its last {prepared.lora.connected} '
           'blocks (`lora/`) and is frozen otherwise.'),
        '', '| modality | encoder | weights | connected blocks |', '|---|---|---|---|']
    lines += [
        f'| {one.config.modality} | `{one.config.encoder_id}` | '
        f'`{one.config.encoder_weights_hash[:16]}` | '
        f'{", ".join(map(str, one.config.places))} of {one.config.llm_blocks} |'
        for one in prepared.connectors]
    lines += [
        '', '## Training', '',
        f'{len(prepared.learned)} questions about {_scenes(prepared.learned)} scenes of '
        f'{_named(prepared.learned)}; {trained["steps"]} steps of {trained["batch"]} in '
        f'{trained["computed_in"]}, seed {trained["seed"]}; last loss {trained["loss"]:.4f}, '
        f'accuracy {trained["accuracy"]:.3f}. {trained["seconds"]:.0f} s in '
        f'{_counted(trained["processes"])} on {platform.machine()} with {os.cpu_count()} '
        f'processors, torch {torch.__version__}.'
        + (f' A step takes {trained["step_flops"] / 1e9:.1f} GFLOP, counted; encoding the data '
           f'once took {trained["encode_flops"] / 1e9:.1f} GFLOP.'
           if trained.get('step_flops') else ''),
        '', '```bash', ' '.join(command), '```', '',
        '```json', json.dumps(config.described(), indent=1), '```', '', '## Held out', '']
    if scores:
        lines += [
            f'{len(prepared.held_out)} questions about {_scenes(prepared.held_out)} scenes, none '
            'of which was learned from. Intervals are 95 % bootstrap intervals over scenes.', '',
            '```', summary(scores), '```']
    else:
        lines += ['Nothing was held out: how well these connectors answer is not known.']
    return '\n'.join(lines) + '\n'


def _counted(processes: int) -> str:
    return 'one process' if processes == 1 else f'{processes} processes'


def _scenes(labelled: Sequence[Any]) -> int:
    return len({one.scene for one in labelled})


def _named(labelled: Sequence[Any], most: int = 6) -> str:
    names = sorted({one.bag for one in labelled})
    more = f' and {len(names) - most} more' if len(names) > most else ''
    return f'{len(names)} bags ({", ".join(names[:most])}{more})'
