# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Turn a GGUF language model into a Hugging Face folder: float16 safetensors and tokenizer.

A GGUF file is de-quantised at every start (17 s for 135 M parameters), safetensors are mapped.
float16 keeps 4-bit blocks (value = scale * q + minimum, both float16) seven times closer than
bfloat16: on SmolLM2-135M Q4_1 the relative error is 1.9e-4 against 1.4e-3 and the largest change
of a logit 0.04 against 0.27 over 1024 tokens; the loss is the same to 2e-4 (4.4180).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from mpnp_ros.core.weights_convert import save_tensors


def convert(files: Sequence[Path], folder: Path) -> None:
    """De-quantise one GGUF file into `folder` with its configuration, tokenizer and chat template.

    :raises ValueError: the model holds a value float16 cannot, or the file is of no known kind.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging
    logging.disable_progress_bar()
    source, = files
    location = {'pretrained_model_name_or_path': str(source.parent), 'gguf_file': source.name}
    tokenizer = AutoTokenizer.from_pretrained(**location)
    model = AutoModelForCausalLM.from_pretrained(**location, dtype=torch.float32)
    # Without its input's name the folder would carry a temporary path.
    tokenizer.name_or_path = ''
    tokenizer.save_pretrained(folder)

    tensors = {}
    tied = set(model._tied_weights_keys or ()) if model.config.tie_word_embeddings else set()
    for name, value in model.state_dict().items():
        if name in tied:
            continue
        half = value.to(torch.float16)
        if not torch.isfinite(half).all():
            raise ValueError(f'{source.name}: {name} has values beyond float16')
        tensors[name] = half
    save_tensors(tensors, folder / 'model.safetensors')

    config = model.config
    # The saved tensors are plain: a quantisation entry would send the loader back to GGUF.
    if hasattr(config, 'quantization_config'):
        del config.quantization_config
    config.dtype = torch.float16
    config._name_or_path = ''
    config.architectures = [type(model).__name__]
    config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
