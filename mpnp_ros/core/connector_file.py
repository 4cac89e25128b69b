# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Connector files: one safetensors file per modality, with a manifest in its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
import json
import os
from pathlib import Path
import tempfile
from typing import Any

from safetensors import safe_open, SafetensorError
from safetensors.torch import save
import torch

from mpnp_ros.core.connector import Connector, ConnectorConfig

VERSION = 1
SUFFIX = '.safetensors'
_MANIFEST = 'mpnp_ros_connector'
_LATER = frozenset(('blocks', 'answer_only', 'relevance', 'words', 'names'))


class ConnectorMismatch(ValueError):
    """Report connectors that do not fit what they are used with; the text says what differs."""


def save_connector(connector: Connector, path: Path, training: Mapping[str, Any]) -> None:
    """Write a connector and its manifest, replacing the file in one step.

    `training` is a summary that can be written as JSON; it is kept for people to read.
    """
    manifest = {'version': VERSION, **asdict(connector.config), 'training': dict(training)}
    for name in _LATER:                      # as files were written before there were these
        if not manifest[name]:
            del manifest[name]
    tensors = {name: tensor.detach().cpu().contiguous()
               for name, tensor in connector.state_dict().items()}
    content = save(tensors, metadata={_MANIFEST: json.dumps(manifest)})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}.')
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load_connector(path: Path) -> tuple[Connector, dict[str, Any]]:
    """Read a connector and its training summary.

    Raises ConnectorMismatch for a file that is truncated, is not a connector, has an unknown
    version, or whose tensors are not those of its manifest.
    """
    try:
        with safe_open(path, framework='pt') as file:
            manifest = _read_manifest(path, file.metadata())
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise ConnectorMismatch(
            f'{path} cannot be read ({error}): it is truncated or not a safetensors file; copy it '
            'again or train the connector again') from error
    training = manifest.pop('training')
    try:
        manifest |= {name: tuple(manifest.get(name, ())) for name in ('blocks', 'names')}
        with torch.device('meta'):           # sizes come from the file: allocate nothing for them
            connector = Connector(ConnectorConfig(**manifest))
    except (TypeError, ValueError) as error:
        raise ConnectorMismatch(f'{path}: manifest: {error}') from error
    _check_tensors(path, connector, tensors)
    connector.load_state_dict(tensors, assign=True)
    connector.requires_grad_(True)
    return connector.eval(), training


def _read_manifest(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    try:
        manifest = json.loads((metadata or {})[_MANIFEST])
    except (KeyError, json.JSONDecodeError):
        manifest = None
    if not isinstance(manifest, dict):
        raise ConnectorMismatch(
            f'{path} has no connector manifest ({_MANIFEST} in its metadata): it was not written '
            'by mpnp_ros')
    version = manifest.pop('version', None)
    if version != VERSION:
        raise ConnectorMismatch(
            f'{path} is a connector of version {version!r}, this mpnp_ros reads version '
            f'{VERSION}: use the mpnp_ros that wrote it, or train the connector again')
    expected = {field.name for field in fields(ConnectorConfig)} | {'training'}
    missing = sorted(expected - _LATER - manifest.keys())
    unknown = sorted(manifest.keys() - expected)
    if missing or unknown:
        raise ConnectorMismatch(
            f'{path}: its manifest lacks {missing} and has unknown entries {unknown}; train the '
            'connector again')
    return manifest


def _check_tensors(path: Path, connector: Connector, tensors: Mapping[str, torch.Tensor]) -> None:
    expected = connector.state_dict()
    missing = sorted(expected.keys() - tensors.keys())
    unknown = sorted(tensors.keys() - expected.keys())
    if missing or unknown:
        raise ConnectorMismatch(
            f'{path}: lacks tensors {missing} and has unknown ones {unknown}: it was changed '
            'after training')
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape or tensor.dtype != expected[name].dtype:
            raise ConnectorMismatch(
                f'{path}: tensor {name} is {tensor.dtype} {list(tensor.shape)}, its manifest says '
                f'{expected[name].dtype} {list(expected[name].shape)}')
        if not bool(torch.isfinite(tensor).all()):
            raise ConnectorMismatch(
                f'{path}: tensor {name} holds NaN or infinity: its training diverged')
