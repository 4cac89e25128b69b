# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The connectors of all modalities: what turns a set of latents into the LLM's slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn, Tensor

from mpnp_ros.core.aligner import MAX_VIEWS
from mpnp_ros.core.attention import BlockSlots, Slots
from mpnp_ros.core.connector import Connector, ConnectorConfig, is_modality
from mpnp_ros.core.connector_file import ConnectorMismatch, load_connector, save_connector, SUFFIX
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.slot_rows import changed, concatenated


@dataclass(frozen=True)
class Source:
    """Name the encoder whose tokens, `width` wide, a modality's connector is trained for."""

    encoder_id: str
    weights_hash: str
    width: int


@dataclass(frozen=True)
class TokenBatch:
    """Hold the tokens of one modality for a batch of questions.

    tokens [R, T, W], azimuth [R, T] rad with NaN for none, view [R, T] int64 of R readings;
    `rows` [B] says which one a question is about, None where each has its own. `present` [B, T]
    is False for padding and for questions that lack the modality, None if everything is present.
    """

    tokens: Tensor
    azimuth: Tensor
    view: Tensor
    present: Tensor | None = None
    rows: Tensor | None = None


class Connectors(nn.Module):
    """Hold one connector per modality and fuse any subset of them.

    Slots of several modalities are concatenated in the order of `modalities`; they do not see
    each other, so a modality's slots are the same whatever else is attached. Connectors that
    follow the paper share one vector of gates, and are not mixed with others.
    """

    def __init__(self, connectors: Mapping[str, Connector],
                 training: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        super().__init__()
        self._connectors = nn.ModuleList(connectors.values())
        self._index = {modality: index for index, modality in enumerate(connectors)}
        self.training_summary = {name: dict(summary) for name, summary in (training or {}).items()}
        self._home: tuple[Path, LanguageModel] | None = None
        self._refused: dict[str, tuple[tuple[int, int], str]] = {}   # state of the file, why
        self._require_one_way_to_ask()
        self._share_paper_gates()

    @classmethod
    def create(cls, llm: LanguageModel, sources: Mapping[str, Source], *, connected_blocks: int,
               hidden: int = 512, faithful: bool = False, system_prompt: str = '',
               seed: int = 0, blocks: tuple[int, ...] = (),
               answer_only: bool = False, relevance: int = 0,
               names: Mapping[str, tuple[str, ...]] | None = None) -> Connectors:
        """Return untrained connectors from each modality's encoder to the LLM's last blocks.

        `blocks` names as many others as there are `connected_blocks`, counted from 0. `names`
        are those of values of tokens, by modality; they are of use with `relevance` only.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls({modality: Connector(ConnectorConfig(
                modality=modality, encoder_id=source.encoder_id,
                encoder_weights_hash=source.weights_hash, llm_id=llm.id,
                llm_weights_hash=llm.weights_hash, width=source.width,
                connected_blocks=connected_blocks, llm_blocks=llm.num_blocks,
                num_kv_heads=llm.num_kv_heads, head_dim=llm.head_dim, hidden=hidden,
                faithful=faithful, system_prompt=system_prompt, blocks=blocks,
                answer_only=answer_only, relevance=relevance,
                words=llm.words if relevance else 0,
                names=(names or {}).get(modality, ()) if relevance else ()))
                for modality, source in sources.items()}).to(llm.device).eval()

    @classmethod
    def load(cls, directory: str | Path, llm: LanguageModel) -> Connectors:
        """Read every connector file of a directory.

        Raises ConnectorMismatch, saying what differs, where there is none, a file is damaged, or
        one was trained for another LLM than the one given.
        """
        directory = Path(directory)
        paths = sorted(directory.glob(f'*{SUFFIX}')) if directory.is_dir() else []
        if not paths:
            raise ConnectorMismatch(
                f'{directory}: no connectors there (expected one <modality>{SUFFIX} per modality)')
        connectors: dict[str, Connector] = {}
        training: dict[str, dict[str, Any]] = {}
        for path in paths:
            connector, summary = _read(path, llm)
            modality = connector.config.modality
            connectors[modality], training[modality] = connector, summary
        try:
            loaded = cls(connectors, training).to(llm.device).eval()
        except ValueError as error:
            raise ConnectorMismatch(f'{directory}: {error}') from error
        loaded._home = directory, llm
        return loaded

    def save(self, directory: str | Path) -> list[Path]:
        """Write <modality>.safetensors for each modality and return the paths."""
        paths = []
        for connector in self:
            modality = connector.config.modality
            paths.append(Path(directory) / f'{modality}{SUFFIX}')
            save_connector(connector, paths[-1], self.training_summary.get(modality, {}))
        return paths

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the names of the modalities there are connectors for."""
        return tuple(self._index)

    @property
    def connected_blocks(self) -> int:
        """Return how many of the LLM's last blocks latents reach, the most of any modality."""
        return max((connector.config.reach for connector in self), default=0)

    @property
    def system_prompt(self) -> str:
        """Return the system prompt that the connectors were trained with; none without any."""
        return next((connector.config.system_prompt for connector in self), '')

    @property
    def answer_only(self) -> bool:
        """Say whether what is asked does not look at sensors, only what follows the question."""
        return any(connector.config.answer_only for connector in self)

    @property
    def relevance(self) -> bool:
        """Say whether a question's words decide how open its slots are."""
        return any(connector.config.relevance for connector in self)

    def __iter__(self) -> Iterator[Connector]:
        return (cast(Connector, connector) for connector in self._connectors)

    def __getitem__(self, modality: str) -> Connector:
        if modality not in self._index:
            known = ', '.join(self.modalities) or 'no modality'
            raise ConnectorMismatch(
                f'modality {modality!r} has no connector; there are connectors for {known}'
                f'{self._remedy(modality)}')
        return cast(Connector, self._connectors[self._index[modality]])

    def gates(self, modalities: Iterable[str] | None = None) -> dict[str, list[float]]:
        """Return each modality's gates in [0, 1], one per connected block, lowest first."""
        chosen = self.modalities if modalities is None else modalities
        return {modality: self[modality].gates() for modality in chosen}

    def check(self, latents: Latents) -> None:
        """Raise ConnectorMismatch, saying what differs, for latents that do not fit.

        For a modality without a connector, the directory is looked into again; one thread checks.
        """
        if latents.modality not in self._index:
            self._adopt(latents.modality)
        _check_latents(latents, self[latents.modality].config)

    def slots(self, latents: Mapping[str, Latents]) -> Slots | None:
        """Return the slots of latents by modality, or None where there are none.

        Raises ConnectorMismatch as `check` does.
        """
        for modality, given in latents.items():
            if given.modality != modality:
                raise ConnectorMismatch(
                    f'latents given as modality {modality!r} are of modality {given.modality!r}')
            self.check(given)
        with torch.no_grad():
            return self.fuse({
                modality: self._single(modality, given) for modality, given in latents.items()})

    def fuse(self, batches: Mapping[str, TokenBatch], words: Tensor | None = None
             ) -> Slots | None:
        """Return the slots of a batch, or None where no slot of any block is open.

        :param words: of the question of each row, [B, words] (`question_words`); left out: whoever
            asks has to say (`opened`), where the connectors want to know.
        """
        parts: list[list[BlockSlots]] = [[] for _ in range(self.connected_blocks)]
        for modality in self.modalities:
            if modality not in batches:
                continue
            connector, batch = self[modality], batches[modality]
            slots = connector(batch.tokens, batch.azimuth, batch.view)
            lowest = connector.config.llm_blocks - self.connected_blocks
            for block, (place, part) in enumerate(zip(connector.config.places, slots)):
                if not connector.is_closed(block):
                    parts[place - lowest].append(_asked(part, batch, words))
        if not any(parts):
            return None
        return tuple(concatenated(part) for part in parts)

    def _single(self, modality: str, latents: Latents) -> TokenBatch:
        parameter = next(self[modality].parameters())
        return TokenBatch(
            latents.tokens.to(parameter)[None], latents.azimuth.to(parameter)[None],
            latents.view.to(parameter.device)[None])

    def _adopt(self, modality: str) -> None:
        """Read a modality's connector if its file has come, once for each state of the file."""
        if self._home is None or not is_modality(modality):   # a name from the network: no path
            return
        directory, llm = self._home
        path = directory / f'{modality}{SUFFIX}'
        try:
            stat = path.stat()
        except OSError:
            self._refused.pop(modality, None)
            return
        state = stat.st_mtime_ns, stat.st_size
        if modality in self._refused and self._refused[modality][0] == state:
            return
        try:
            connector, summary = _read(path, llm)
            # A check of its own: what is in use stays as it is until the new one fits in.
            Connectors({**{name: self[name] for name in self.modalities}, modality: connector},
                       {**self.training_summary, modality: summary})
            if connector.config.reach > self.connected_blocks:
                raise ConnectorMismatch(
                    f'{path} reaches the last {connector.config.reach} blocks, those in use the '
                    f'last {self.connected_blocks}: configure the LLM node again to use it')
        except ValueError as error:
            self._refused[modality] = state, str(error)
            return
        self._refused.pop(modality, None)
        self.training_summary[modality] = summary
        # Replaced, not changed: another thread may be going through them. The index comes last.
        self._connectors = nn.ModuleList([*self, connector.to(llm.device).eval()])
        self._index = {**self._index, modality: len(self._connectors) - 1}

    def _remedy(self, modality: str) -> str:
        if self._home is None:
            return ''
        if modality in self._refused:
            return f'. Its file cannot be used: {self._refused[modality][1]}'
        return (f'. Train one for its encoder and this LLM and put it into {self._home[0]} as '
                f'{modality}{SUFFIX}: it is used from then on')

    def _require_one_way_to_ask(self) -> None:
        configs = {modality: self[modality].config for modality in self.modalities}
        prompts = {modality: config.system_prompt for modality, config in configs.items()}
        if len(set(prompts.values())) > 1:
            raise ValueError(
                f'connectors were trained with different system prompts {prompts}; train them '
                'with the same one')
        for name, values in (
                ('answer_only', {key: one.answer_only for key, one in configs.items()}),
                ('relevance', {key: bool(one.relevance) for key, one in configs.items()})):
            if len(set(values.values())) > 1:
                raise ValueError(f'connectors differ in how a question meets them ({name}: '
                                 f'{values}); train them in the same way')

    def _share_paper_gates(self) -> None:
        faithful = [connector.gate for connector in self if connector.config.faithful]
        if not faithful:
            return
        names = list(self.modalities)
        if len(faithful) != len(names):
            raise ValueError(
                f"connectors for {names} mix the paper's arithmetic (faithful) with ours; train "
                'them together')
        first = faithful[0].state_dict()['weight']
        trained = any(self.training_summary.values())
        if trained and any(not torch.equal(gate.state_dict()['weight'], first)
                           for gate in faithful):
            raise ValueError(
                f'connectors for {names} follow the paper, where modalities share one vector of '
                'gates, but were trained apart; train them together')
        for connector in self:
            connector.gate = faithful[0]


def shipped_connectors() -> Path:
    """Return the directory of the connectors that come with this package."""
    return Path(__file__).parents[1] / 'data' / 'connectors'


def _read(path: Path, llm: LanguageModel) -> tuple[Connector, dict[str, Any]]:
    connector, summary = load_connector(path)
    modality = connector.config.modality
    if path.name != f'{modality}{SUFFIX}':
        raise ConnectorMismatch(
            f'{path} is the connector of modality {modality!r}, expected the file name '
            f'{modality}{SUFFIX}')
    _check_llm(path, connector.config, llm)
    return connector, summary


def _asked(slots: BlockSlots, batch: TokenBatch, words: Tensor | None) -> BlockSlots:
    """Return the slots that the questions of a batch are asked under, a row for each."""
    rows, meant = batch.rows, None
    if words is not None and slots.relevance is not None:
        # Every reading with every question: the factors themselves are too large to repeat.
        with torch.autocast(words.device.type, enabled=False):
            meant = torch.einsum('rsw,bw->rbs', slots.relevance, words.to(slots.relevance))
        own = torch.arange(len(words), device=words.device)
        meant = meant[own if rows is None else rows, own]
        slots = dataclasses.replace(slots, relevance=None)
    if rows is not None:
        slots = changed(slots, lambda part: part[rows])
    log_gate = slots.log_gate if meant is None else slots.log_gate + meant
    if batch.present is not None:
        log_gate = log_gate.masked_fill(~batch.present, -torch.inf)
    return dataclasses.replace(slots, log_gate=log_gate)


def _check_llm(path: Path, config: ConnectorConfig, llm: LanguageModel) -> None:
    trained = (config.llm_blocks, config.num_kv_heads, config.head_dim)
    loaded = (llm.num_blocks, llm.num_kv_heads, llm.head_dim)
    if trained != loaded:
        raise ConnectorMismatch(
            f'{path} was trained for the LLM {config.llm_id!r}, which has {trained[0]} blocks of '
            f'{trained[1]} key/value heads x {trained[2]}; the LLM loaded is {llm.id!r}, which '
            f'has {loaded[0]} of {loaded[1]} x {loaded[2]}. Load {config.llm_id!r}, or train '
            'connectors for this LLM')
    if config.llm_weights_hash != llm.weights_hash:
        raise ConnectorMismatch(
            f'{path} was trained for the LLM {config.llm_id!r} with weights '
            f'{config.llm_weights_hash[:12]}, the LLM loaded is {llm.id!r} with weights '
            f'{llm.weights_hash[:12]}. Load those weights, or train connectors for these')


def _check_latents(latents: Latents, config: ConnectorConfig) -> None:
    where = f'latents of modality {config.modality!r}'
    if latents.encoder_id != config.encoder_id:
        raise ConnectorMismatch(
            f'{where} are from encoder {latents.encoder_id!r}, the connector was trained for '
            f'{config.encoder_id!r}: run that encoder, or train a connector for this one')
    if latents.weights_hash != config.encoder_weights_hash:
        raise ConnectorMismatch(
            f'{where} are from encoder weights {latents.weights_hash[:12]}, the connector was '
            f'trained for {config.encoder_weights_hash[:12]} of {config.encoder_id!r}: use those '
            'weights, or train a connector for these')
    width = latents.tokens.shape[1]
    if width != config.width:
        raise ConnectorMismatch(
            f'{where} are {width} wide, the connector takes {config.width}')
    if not config.faithful:
        lowest, highest = (int(end) for end in latents.view.aminmax())
        if lowest < 0 or highest >= MAX_VIEWS:
            raise ConnectorMismatch(
                f'{where} have views {lowest} to {highest}, expected 0 to {MAX_VIEWS - 1}')
