# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents of recorded moments, as the nodes would put them on topics, kept beside the bags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import functools
import hashlib
import json
from pathlib import Path

from safetensors.torch import load_file, save_file
import torch
from torch import Tensor

from mpnp_ros.core.connectors import Source
from mpnp_ros.core.latents import Latents, pack, unpack
from mpnp_ros.encoders import base
from mpnp_ros.encoders.base import Encoded, Encoder
from mpnp_ros.world.bag import Moment, read_bag, Recording
from mpnp_ros.world.dataset import BAG
from mpnp_ros.world.parallel import in_parallel

# As in config/demo.yaml; options are the encoders' own defaults.
ENCODERS = {'camera': 'camera_efficientnet_lite0', 'lidar': 'lidar_range_view'}
TOPIC_DTYPE = 'float16'

# Called with the number of directories encoded so far and their total.
Progress = Callable[[int, int], None]
MomentLatents = dict[str, Latents]  # by modality


class SensorEncoders:
    """The encoders of the demo, one per modality."""

    def __init__(self, names: Mapping[str, str] = ENCODERS) -> None:
        self._encoders: dict[str, Encoder] = {
            modality: base.create(name) for modality, name in names.items()}

    def sources(self) -> dict[str, Source]:
        """Return what connectors must be trained for, by modality."""
        return {
            modality: Source(encoder.id, encoder.weights_hash, encoder.width)
            for modality, encoder in self._encoders.items()}

    def encode(self, recording: Recording, moment: Moment) -> MomentLatents:
        """Return the latents of one moment, rounded as a topic rounds them."""
        given = {'camera': (moment.image, recording.camera),
                 'lidar': (moment.cloud, recording.lidar)}
        latents = {}
        for modality, encoder in self._encoders.items():
            message, view = given[modality]
            encoded = encoder.encode([encoder.decode(message)], [view])
            latents[modality] = _latents(modality, encoder, encoded)
        return latents

    @property
    def fingerprint(self) -> str:
        """Return a word that changes with the encoders' ids and weights."""
        text = json.dumps([[m, e.id, e.weights_hash] for m, e in self._encoders.items()])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def encode_directories(
    directories: Sequence[Path], processes: int = 1, progress: Progress | None = None
) -> None:
    """Encode every moment of the directories' bags that is not encoded yet."""
    fingerprint = SensorEncoders().fingerprint
    missing = [d for d in directories if not _file(d, fingerprint).is_file()]
    done = len(directories) - len(missing)

    def count(_: Path) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(directories))

    in_parallel(_encode_directory, missing, processes, count)


def load_latents(directory: Path, encoders: SensorEncoders) -> dict[int, MomentLatents]:
    """Return by stamp what `encode_directories` left beside a bag.

    Raises FileNotFoundError where these encoders have not encoded it.
    """
    tensors = load_file(_file(directory, encoders.fingerprint))
    stamps = [int(stamp) for stamp in tensors.pop('stamps')]
    sources = encoders.sources()
    return {
        stamp: {
            modality: Latents(
                modality, tokens=tensors[f'{modality}.tokens'][index],
                azimuth=tensors[f'{modality}.azimuth'][index],
                view=tensors[f'{modality}.view'][index],
                encoder_id=source.encoder_id, weights_hash=source.weights_hash)
            for modality, source in sources.items()}
        for index, stamp in enumerate(stamps)}


def _encode_directory(directory: Path) -> None:
    torch.set_num_threads(1)
    encoders = _encoders()
    recording = read_bag(directory / BAG)
    encoded = [encoders.encode(recording, moment) for moment in recording.moments]
    tensors: dict[str, Tensor] = {
        'stamps': torch.tensor([moment.stamp_ns for moment in recording.moments])}
    for modality in encoders.sources():
        for part in ('tokens', 'azimuth', 'view'):
            tensors[f'{modality}.{part}'] = torch.stack(
                [getattr(latents[modality], part) for latents in encoded])
    path = _file(directory, encoders.fingerprint)
    unfinished = path.with_suffix('.part')
    save_file(tensors, unfinished)
    unfinished.rename(path)


@functools.cache
def _encoders() -> SensorEncoders:
    return SensorEncoders()


def _file(directory: Path, fingerprint: str) -> Path:
    return directory / f'latents_{fingerprint}.safetensors'


def _latents(modality: str, encoder: Encoder, encoded: Encoded) -> Latents:
    return Latents(
        modality, unpack(pack(encoded.tokens, TOPIC_DTYPE)), encoded.azimuth, encoded.view,
        encoder_id=encoder.id, weights_hash=encoder.weights_hash)
