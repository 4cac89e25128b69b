# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents as a bag: what an LLM node needs to answer again, without a sensor or an encoder."""

from __future__ import annotations

from collections.abc import Iterable
import math
from pathlib import Path
from typing import Any

import numpy as np

from mpnp_ros.core.latents import pack, Payload
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.bags.typestore import typestore
from mpnp_ros.evaluation.offline.latent_store import read_moments
from mpnp_ros.evaluation.offline.moment import Available, Moment
from mpnp_ros.manager.report import Report, State, STATUS_TYPE
from mpnp_ros.suite.latents_fields import LATENTS_TYPE
from mpnp_ros.suite.stamp import NS

NAMESPACE = '/mpnp'
STATUS_TOPIC = f'{NAMESPACE}/modality_status'
_DTYPES = {'torch.float32': 'float32', 'torch.float16': 'float16', 'torch.bfloat16': 'bfloat16'}


def write_latent_bags(work: Path, folder: Path, names: Iterable[str]) -> list[Path]:
    """Write a bag of latents for each evaluated bag that left moments below `work`."""
    written = []
    for name in names:
        chunks = sorted((work / name).glob('latents_*.safetensors'))
        if chunks:
            folder.mkdir(parents=True, exist_ok=True)
            written.append(folder / name)
            write_latent_bag(
                written[-1], (moment for chunk in chunks for moment in read_moments(chunk)))
    return written


def write_latent_bag(path: Path, moments: Iterable[Moment]) -> None:
    """Write the latents that moments have at hand, as encoder nodes would have published them.

    Each set stands at its sensor stamp, or just after the moment before it where that is later,
    so that every moment finds the latents it had. Its status precedes it: the catalogue of a
    manager that replays the bag, with the quality of the data where it was measured. What
    travelled as int8 is written as the float32 it stands for.
    """
    with BagWriter(path, latched=[STATUS_TOPIC]) as bag:
        last: dict[str, Available] = {}
        before_ns = 0
        count = 0
        for moment in moments:
            for modality, one in sorted(moment.available.items(), key=_stamp):
                if last.get(modality) is one or _same(last.get(modality), one):
                    continue
                last[modality] = one
                now_ns = min(max(one.held.stamp_ns, before_ns + 1), moment.asked_ns)
                payload = pack(one.latents.tokens, _dtype(one))
                bag.write_message(STATUS_TOPIC, STATUS_TYPE, now_ns,
                                  _status(modality, one, payload, now_ns))
                bag.write_message(f'{NAMESPACE}/latents/{modality}', LATENTS_TYPE, now_ns,
                                  _message(modality, one, payload, count))
                count += 1
            before_ns = moment.asked_ns


def _stamp(item: tuple[str, Available]) -> tuple[int, str]:
    return item[1].held.stamp_ns, item[0]


def _same(one: Available | None, other: Available) -> bool:
    """Tell whether two are the same set, read from two chunks."""
    return one is not None and one.held.stamp_ns == other.held.stamp_ns and bool(
        one.latents.tokens.equal(other.latents.tokens))


def _dtype(one: Available) -> str:
    tokens = one.latents.tokens
    return _DTYPES[str(tokens.dtype)]


def _message(modality: str, one: Available, payload: Payload, sequence: int) -> Any:
    types, latents = typestore().types, one.latents
    views = [f'view{index}' for index in range(int(latents.view.max()) + 1)]
    stamp = _time(one.held.stamp_ns)
    return types[LATENTS_TYPE](
        header=types['std_msgs/msg/Header'](stamp=stamp, frame_id='base_link'),
        modality=modality, encoder_id=latents.encoder_id, weights_hash=latents.weights_hash,
        dtype_code=payload.dtype_code, bits=payload.bits, tokens=payload.tokens,
        width=payload.width, scale=payload.scale.astype(np.float32),
        azimuth=latents.azimuth.numpy().astype(np.float32), azimuth_frame_id='base_link',
        view=latents.view.numpy().astype(np.uint8), views=views,
        view_stamps=[stamp] * len(views), sequence=sequence, encode_ms=math.nan,
        data=payload.data.view(np.uint8))


def _status(modality: str, one: Available, payload: Payload, now_ns: int) -> Any:
    types, latents = typestore().types, one.latents
    report = one.report or Report(modality, State.ACTIVE, rate_hz=math.nan)
    return types[STATUS_TYPE](
        header=types['std_msgs/msg/Header'](stamp=_time(now_ns), frame_id='base_link'),
        modality=modality, encoder_id=latents.encoder_id, weights_hash=latents.weights_hash,
        trained=True, state=int(State.ACTIVE), message='',
        latents_topic=f'{NAMESPACE}/latents/{modality}', sensor_topics=[],
        dtype_code=payload.dtype_code, bits=payload.bits, tokens=payload.tokens,
        width=payload.width, payload_bytes=payload.data.nbytes, input_rate_hz=math.nan,
        latent_rate_hz=report.rate_hz, received=0, published=0, dropped=0, refused=0,
        encode_ms_p50=math.nan, encode_ms_p95=math.nan, age_s=(now_ns - one.held.stamp_ns) / NS,
        quality=list(report.quality),
        quality_values=np.array(list(report.quality.values()), np.float32),
        usability=report.usability, quality_message=report.quality_message,
        encode_flops=float(one.encode_flops), weights_bytes=report.weights_bytes)


def _time(ns: int) -> Any:
    return typestore().types['builtin_interfaces/msg/Time'](sec=ns // NS, nanosec=ns % NS)
