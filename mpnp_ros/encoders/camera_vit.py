# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode cameras with a vision transformer of transformers; the base of the ViT encoders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import inspect
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mpnp_ros.core.weights import locate, weights_hash
from mpnp_ros.encoders.base import option
from mpnp_ros.encoders.camera import CameraEncoder
from mpnp_ros.encoders.huggingface_preprocessing import read_preprocessing


class VisionTransformerEncoder(CameraEncoder):
    """Encode pictures as the patches of a vision transformer, pooled into a grid.

    See `CameraEncoder` for input and output. The token of the whole picture is what the model
    itself makes of it: its pooled output where that was trained with it (CLIP, SigLIP, DINOv2,
    BEiT), else its class token after the last norm (ViT, DeiT), else the mean of the patches.
    """

    @dataclass(frozen=True)
    class Options(CameraEncoder.Options):
        """Defaults: 25 tokens a view; six views of width 768 are 225 KiB in float16."""

        columns: int = option(6, 'Columns of tokens over the picture.', minimum=1, maximum=64)
        input_size: int = option(
            0, 'Side of the square the picture is scaled to, pixels; a multiple of the patch '
            'size; 0: the size the model was trained on.', minimum=0, maximum=2048)
        layer: int = option(
            -1, 'Layer the tokens of the grid come from, counted from the last one, -1.',
            minimum=-64, maximum=-1)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        source = self._source()
        folder = locate(source)
        if not folder.is_dir():
            raise ValueError(f'{folder}: expected the folder of a Hugging Face model')
        self._weights_name = folder.name if Path(source).expanduser() == folder else source
        network = _load(folder)
        config = network.config
        self.preprocessing = read_preprocessing(
            folder, options.input_size, getattr(config, 'image_size', None))
        self._grid = _patches(config, self.preprocessing.size, self._weights_name)
        self._arguments: dict[str, Any] = {}
        trained = getattr(config, 'image_size', None)  # a side, or height and width
        width, height = self.preprocessing.size
        if _sides(trained) != (height, width) and 'interpolate_pos_encoding' in (
                inspect.signature(network.forward).parameters):
            self._arguments['interpolate_pos_encoding'] = True
        self._network: Any = self._place(network)
        self._weights_hash = weights_hash(folder)
        self._prefix = self._count_prefix()
        if -options.layer > config.num_hidden_layers:
            raise ValueError(f'layer {options.layer}: {self._weights_name} has '
                             f'{config.num_hidden_layers} layers')

    @abstractmethod
    def _source(self) -> str:
        """Return the name, path or Hugging Face id of the model."""

    @property
    def width(self) -> int:
        """Return the width of the model's hidden states."""
        return int(self._network.config.hidden_size)

    def features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the patches of a layer [B, width, h, w] and each picture as a whole [B, width].

        The last layer is taken after the model's own last norm, if it has one for its patches.
        """
        layer = self.options.layer
        output = self._network(
            pixel_values=images, output_hidden_states=layer != -1, **self._arguments)
        last = output.last_hidden_state  # [B, prefix + h * w, width]
        tokens = last if layer == -1 else output.hidden_states[layer]
        rows, columns = self._grid
        parts = tokens[:, self._prefix:].transpose(1, 2)  # [B, width, h * w]
        pooled = output.get('pooler_output')
        # ViT's and DeiT's pooler is a layer for fine-tuning that few files hold.
        if pooled is None or hasattr(getattr(self._network, 'pooler', None), 'dense'):
            pooled = last[:, 0] if self._prefix else last.mean(dim=1)
        return parts.unflatten(2, (rows, columns)), pooled

    def _count_prefix(self) -> int:
        """Return how many tokens stand before the patches, read off a first run."""
        width, height = self.preprocessing.size
        with torch.inference_mode():
            blank = torch.zeros(1, 3, height, width, device=self.device, dtype=self._dtype)
            tokens = self._network(pixel_values=blank, **self._arguments).last_hidden_state
        patches = self._grid[0] * self._grid[1]
        if tokens.ndim != 3 or tokens.shape[1] < patches:
            raise ValueError(
                f'{self._weights_name}: expected a vision transformer that gives {patches} '
                f'patches, got {list(tokens.shape)}')
        return int(tokens.shape[1]) - patches


def _load(folder: Path) -> Any:
    """Load the vision model in a folder, of a text and vision model only its vision part."""
    from transformers import AutoConfig, AutoModel
    try:
        config: Any = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f'{folder}: no model configuration can be read ({reason})') from error
    config = getattr(config, 'vision_config', config)
    try:
        with _quiet():
            network, found = AutoModel.from_pretrained(
                folder, config=config, local_files_only=True, dtype=torch.float32,
                output_loading_info=True)
    except ValueError as error:
        raise ValueError(f'{folder.name}: {config.model_type!r} cannot be loaded as a vision '
                         f'model ({str(error).strip().splitlines()[0]})') from error
    missing = sorted(key for key in found['missing_keys'] if not key.startswith('pooler.'))
    if missing:
        raise ValueError(
            f'{folder.name}: {len(missing)} weights of {type(network).__name__} are not in its '
            f'files, the first {missing[0]!r}')
    return network


def _patches(config: Any, size: tuple[int, int], name: str) -> tuple[int, int]:
    """Return rows and columns of patches of a picture of a size (width, height)."""
    patch = getattr(config, 'patch_size', None)
    if patch is None:
        raise ValueError(f'{name}: {config.model_type!r} is no vision transformer: it has no '
                         'patch_size')
    down, across = (patch, patch) if isinstance(patch, int) else patch
    width, height = size
    if width % across or height % down:
        raise ValueError(f'{name}: input of {width} x {height} pixels: expected a multiple of '
                         f'the patch size, {across} x {down}')
    return height // down, width // across


def _sides(size: Any) -> Any:
    return (size, size) if isinstance(size, int) else tuple(size or ())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from reporting the text part it leaves out, and its progress."""
    from transformers.utils import logging
    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
