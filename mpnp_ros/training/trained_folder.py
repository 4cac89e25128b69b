# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of trained connectors: it appears as a whole, with its card and scores."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
import shutil
from typing import Any

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.lora import Lora
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.whole_file import cannot_write

CARD, SCORES = 'CARD.md', 'scores.json'


def write_trained(folder: Path, connectors: Connectors, lora: Lora | None, card: str,
                  scores: Mapping[str, Any]) -> None:
    """Write connectors, LoRA, card and scores, and put them in place of what was there.

    Raises TrainError, leaving what was there, where that fails.
    """
    unfinished, old = (folder.with_name(f'{folder.name}.{end}') for end in ('part', 'old'))
    try:
        for leftover in (unfinished, old):
            shutil.rmtree(leftover, ignore_errors=True)
        unfinished.mkdir(parents=True)
        connectors.save(unfinished)
        if lora is not None:
            lora.save(unfinished)
        (unfinished / CARD).write_text(card, encoding='utf-8')
        (unfinished / SCORES).write_text(json.dumps(scores, indent=1) + '\n', encoding='utf-8')
        if folder.exists():
            folder.rename(old)
        unfinished.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise TrainError(cannot_write(folder, error)) from error
