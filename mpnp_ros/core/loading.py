# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Language models of this machine: catalogue names, folders, GGUF files, Hugging Face ids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig, AutoModelForCausalLM, AutoTokenizer, MODEL_FOR_CAUSAL_LM_MAPPING, PreTrainedModel,
    PreTrainedTokenizerBase)
from transformers.utils import logging

from mpnp_ros.core import weights
from mpnp_ros.core.architecture import require_attention_interface

DTYPES = {'float32': torch.float32, 'bfloat16': torch.bfloat16, 'float16': torch.float16}


@dataclass(frozen=True)
class LoadedModel:
    """Hold a causal LM with its tokenizer, the name it goes by and the hash of its weights."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    id: str
    weights_hash: str


def load_model(source: str | os.PathLike[str], dtype: str, device: str) -> LoadedModel:
    """Load a model that is on this machine.

    Raises WeightsMissing where it is not, UnsupportedArchitecture where latents could not enter
    its blocks, and ValueError for an unknown dtype, a directory without a causal LM and files
    that are damaged.
    """
    if dtype not in DTYPES:
        raise ValueError(f'dtype {dtype!r}: expected one of {sorted(DTYPES)}')
    path = weights.locate(source)
    named_by_path = Path(source).expanduser() == path
    name = path.name if named_by_path else os.fspath(source)
    if path.is_file():
        if path.suffix != '.gguf':
            raise ValueError(f'{path}: expected a directory or a .gguf file')
        folder, options = path.parent, {'gguf_file': path.name}
    else:
        folder, options = path, {}
        _require_supported(path)
    try:
        with _quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **options)
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, dtype=DTYPES[dtype], **options)
    except Exception as error:
        # What a damaged or incomplete file raises depends on its kind.
        raise ValueError(
            f'{path} cannot be loaded as a language model ({type(error).__name__}: {error})'
        ) from error
    return LoadedModel(model.to(device), tokenizer, name, weights.weights_hash(path))


def _require_supported(folder: Path) -> None:
    """Refuse a model by its configuration alone: its weights may take minutes to read."""
    try:
        config: Any = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f'{folder}: no model configuration can be read ({reason})') from error
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise ValueError(
            f'{folder}: {config.model_type!r} is not a causal language model of transformers')
    model_class: Any = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    require_attention_interface(model_class)


@contextmanager
def _quiet() -> Iterator[None]:
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
