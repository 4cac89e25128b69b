# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Moments with their latents on disk, for whatever uses them again without encoding."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from mpnp_ros.core.latents import Latents
from mpnp_ros.evaluation.offline.moment import Available, Moment
from mpnp_ros.evaluation.record import Verdict
from mpnp_ros.manager.report import Report, State
from mpnp_ros.suite.freshness import Held

_PARTS = ('tokens', 'azimuth', 'view')


def write_moments(path: Path, moments: Sequence[Moment]) -> None:
    """Write moments without their questions; latents that several share are written once."""
    tensors: dict[str, Tensor] = {}
    names: dict[int, str] = {}
    sets: dict[str, dict[str, Any]] = {}
    described: list[dict[str, Any]] = []
    for moment in moments:
        for one in moment.available.values():
            if id(one) in names:
                continue
            name = names[id(one)] = str(len(names))
            latents = one.latents
            tensors |= {
                f'{name}.{part}': getattr(latents, part).contiguous() for part in _PARTS}
            sets[name] = {
                'modality': latents.modality, 'encoder_id': latents.encoder_id,
                'weights_hash': latents.weights_hash, 'stamp_ns': one.held.stamp_ns,
                'payload_bytes': one.payload_bytes, 'encode_flops': one.encode_flops,
                'report': None if one.report is None else dataclasses.asdict(one.report)}
        described.append({
            'index': moment.index, 'stamp_ns': moment.stamp_ns, 'asked_ns': moment.asked_ns,
            'decision': [dataclasses.asdict(verdict) for verdict in moment.decision],
            'by_question': [[dataclasses.asdict(verdict) for verdict in decision]
                            for decision in moment.by_question],
            'missing': moment.missing,
            'available': {modality: names[id(one)]
                          for modality, one in moment.available.items()}})
    unfinished = path.with_suffix('.part')
    save_file(tensors, unfinished, {'moments': json.dumps(described), 'sets': json.dumps(sets)})
    unfinished.replace(path)


def read_moments(path: Path) -> list[Moment]:
    """Read what `write_moments` wrote."""
    with safe_open(path, 'pt') as file:
        metadata = file.metadata()
        sets = {name: _available(about, *(file.get_tensor(f'{name}.{part}') for part in _PARTS))
                for name, about in json.loads(metadata['sets']).items()}
    return [Moment(
        index=one['index'], stamp_ns=one['stamp_ns'], asked_ns=one['asked_ns'], questions=(),
        decision=_decision(one['decision']),
        available={modality: sets[name] for modality, name in one['available'].items()},
        missing=one['missing'],
        # Moments are kept for long: those of before lack what has come since.
        by_question=tuple(map(_decision, one.get('by_question', ()))))
        for one in json.loads(metadata['moments'])]


def with_sensors_of(moment: Moment, other: Moment) -> Moment:
    """Return a moment that sees what another one saw, as old as its own sensors are."""
    return dataclasses.replace(moment, available={
        modality: dataclasses.replace(
            other.available[modality],
            held=Held(other.available[modality].latents, own.held.stamp_ns))
        for modality, own in moment.available.items() if modality in other.available})


def _available(about: dict[str, Any], tokens: Tensor, azimuth: Tensor, view: Tensor) -> Available:
    latents = Latents(about['modality'], tokens, azimuth, view, about['encoder_id'],
                      about['weights_hash'])
    report = about.get('report')
    return Available(
        Held(latents, about['stamp_ns']), about['payload_bytes'], about['encode_flops'],
        report and Report(**{**report, 'state': State(report['state'])}))


def _decision(given: list[dict[str, Any]]) -> tuple[Verdict, ...]:
    return tuple(Verdict(**verdict) for verdict in given)
