# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Turn downloaded weights into what the runtime loads: safetensors in a Hugging Face folder.

Each step is `convert(files, folder)`: it reads the source's files and writes `model.safetensors`
(and configuration, tokenizer) into the folder. The same input gives the same bytes everywhere, so
that the catalogue can pin the result and connectors can name the weights they were trained for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch  # takes seconds, which listing and finding weights need not wait for

Convert = Callable[[Sequence[Path], Path], None]

_STEPS = {
    'gguf_to_safetensors': 'mpnp_ros.core.weights_convert_gguf',
    'clip_onnx_to_safetensors': 'mpnp_ros.core.weights_convert_clip',
    'efficientnet_lite_pth_to_safetensors': 'mpnp_ros.core.weights_convert_efficientnet',
}


def conversion(step: str) -> Convert:
    """Return the conversion of a catalogue entry's `convert` field; ValueError when unknown."""
    if step not in _STEPS:
        raise ValueError(f'convert {step!r}: expected one of {", ".join(_STEPS)}')
    convert: Convert = import_module(_STEPS[step]).convert
    return convert


def save_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write tensors as safetensors whose bytes depend on the values only."""
    from safetensors.torch import save_file
    ordered = {name: tensors[name].contiguous() for name in sorted(tensors)}
    save_file(ordered, path, metadata={'format': 'pt'})
    path.chmod(0o644)  # save_file leaves it to its owner alone: other users share the cache
