# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Low-rank adapters (LoRA) in the last N blocks of a language model, through peft.

Blocks below them are untouched, so that what was computed there once stays valid (mPnP-LLM,
section 2.3). The adapters belong to connectors that were trained along with them and are kept
beside these, in `lora/`, in peft's own format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
import torch
from torch import nn

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.llm import LanguageModel

FOLDER = 'lora'
_WEIGHTS, _CONFIG, _MANIFEST = 'adapter_model.safetensors', 'adapter_config.json', 'mpnp_ros.json'
_ADAPTER, _PREFIX = 'default', 'base_model.model.'


@dataclass(frozen=True)
class LoraConfig:
    """Say how large adapters are, and which linear layers of a block have one.

    `alpha` over `rank` scales what an adapter adds. `targets` are names of linear layers; none
    means those of the attention.
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ValueError(f'the rank of the LoRA is {self.rank}, expected at least 1')
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f'the dropout of the LoRA is {self.dropout}, expected 0 to less '
                             'than 1')


class Lora:
    """Adapters that are part of a language model until they are taken out."""

    def __init__(self, llm: LanguageModel, connected: int, config: LoraConfig,
                 seed: int = 0) -> None:
        """Put fresh adapters, which change nothing yet, into the last `connected` blocks.

        Raises ImportError without peft, and ValueError where the model has adapters already or
        no linear layer is called as the configuration says.
        """
        peft = _peft()
        if _layers(llm.model):
            raise ValueError(f'{llm.id} has LoRA adapters already')
        self.config, self.connected, self._llm = config, connected, llm
        targets = _targets(llm, connected, config.targets)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            peft.inject_adapter_in_model(self._peft_config(targets), llm.model, _ADAPTER)
        for parameter in self.parameters():
            parameter.data = parameter.data.float()
        self.train(False)

    def named_parameters(self) -> dict[str, nn.Parameter]:
        """Return the adapters' weights by the names they have in the model."""
        return {name: parameter for name, parameter in self._llm.model.named_parameters()
                if '.lora_' in name}

    def parameters(self) -> list[nn.Parameter]:
        """Return the adapters' weights."""
        return list(self.named_parameters().values())

    def train(self, mode: bool = True) -> None:
        """Let dropout act or not; the rest of the model stays as it is."""
        for _, layer in _layers(self._llm.model):
            layer.lora_dropout.train(mode)

    def detach(self) -> None:
        """Take the adapters out: the model is what it was before."""
        for name, layer in _layers(self._llm.model):
            parent, _, child = name.rpartition('.')
            setattr(self._llm.model.get_submodule(parent), child, layer.get_base_layer())
        del self._llm.model.peft_config

    def save(self, directory: Path) -> None:
        """Write the adapters into the folder `lora` of a directory of connectors."""
        folder = directory / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        weights = {_PREFIX + name.replace(f'.{_ADAPTER}.', '.'): weight.detach().cpu().contiguous()
                   for name, weight in self.named_parameters().items()}
        save_file(weights, folder / _WEIGHTS, {'format': 'pt'})
        given = self._peft_config(_targets(self._llm, self.connected, self.config.targets))
        content = {key: sorted(value) if isinstance(value, set) else value
                   for key, value in given.to_dict().items()}
        (folder / _CONFIG).write_text(json.dumps(content, indent=1, default=str) + '\n', 'utf-8')
        manifest = {'llm_id': self._llm.id, 'llm_weights_hash': self._llm.weights_hash,
                    'connected_blocks': self.connected, **asdict(self.config)}
        (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1) + '\n', encoding='utf-8')

    def _peft_config(self, targets: Sequence[str]) -> Any:
        return _peft().LoraConfig(
            r=self.config.rank, lora_alpha=self.config.alpha, lora_dropout=self.config.dropout,
            target_modules=list(targets), bias='none', task_type='CAUSAL_LM',
            base_model_name_or_path=self._llm.id)


def attach_lora(directory: Path, llm: LanguageModel) -> Lora | None:
    """Put the adapters that lie beside connectors into a model; None where there are none.

    Raises ConnectorMismatch for adapters of another model and damaged ones, ImportError without
    peft.
    """
    folder = directory / FOLDER
    if not folder.is_dir():
        return None
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding='utf-8'))
        trained = manifest.pop('llm_weights_hash'), manifest.pop('llm_id')
        connected, targets = manifest.pop('connected_blocks'), tuple(manifest.pop('targets'))
        config = LoraConfig(**manifest, targets=targets)
        weights = load_file(folder / _WEIGHTS)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ConnectorMismatch(f'{folder}: the LoRA of these connectors cannot be read '
                                f'({error}); copy it again or train again') from error
    if trained[0] != llm.weights_hash:
        raise ConnectorMismatch(
            f'{folder} was trained for the LLM {trained[1]!r} with weights {trained[0][:12]}, '
            f'the LLM loaded is {llm.id!r} with weights {llm.weights_hash[:12]}')
    lora = Lora(llm, connected, config)
    own = lora.named_parameters()
    given = {name.removeprefix(_PREFIX): weight for name, weight in weights.items()}
    plain = {name.replace(f'.{_ADAPTER}.', '.'): parameter for name, parameter in own.items()}
    if {name: weight.shape for name, weight in given.items()} != {
            name: weight.shape for name, weight in plain.items()}:
        lora.detach()
        raise ConnectorMismatch(f'{folder}: its weights are not those that its manifest tells of')
    with torch.no_grad():
        for name, weight in given.items():
            plain[name].copy_(weight)
            plain[name].requires_grad_(False)
    return lora


def _targets(llm: LanguageModel, connected: int, names: Sequence[str]) -> list[str]:
    """Return the full names of the linear layers that get an adapter."""
    architecture = llm.attention.architecture
    within = architecture.blocks[-connected:] if names else architecture.attentions[-connected:]
    inside = {id(module) for block in within for module in block.modules()}
    targets = [name.removesuffix('.base_layer') for name, module in llm.model.named_modules()
               if id(module) in inside and isinstance(module, nn.Linear) and '.lora_' not in name
               and (not names or name.removesuffix('.base_layer').rpartition('.')[2] in names)]
    if not targets:
        raise ValueError(f'{llm.id}: no linear layer of its last {connected} blocks is called '
                         f'{" or ".join(names) or "part of the attention"}')
    return targets


def _layers(model: nn.Module) -> list[tuple[str, Any]]:
    return [(name, module) for name, module in model.named_modules()
            if hasattr(module, 'lora_A') and hasattr(module, 'get_base_layer')]


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise ImportError("LoRA needs peft: pip install 'mpnp_ros[train]'") from error
    return peft
