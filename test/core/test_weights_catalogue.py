# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Reading a catalogue of weights, and what the one that ships promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpnp_ros.core.weights_catalogue import BUILT_IN, CatalogueError, read_catalogue
from mpnp_ros.core.weights_convert import conversion

SHA256 = 'a' * 64


@pytest.mark.parametrize(('text', 'cause'), [
    ('a: [', 'not YAML'),
    ('- a', 'expected a mapping of names'),
    ('UPPER: {source: {kind: file, path: x}}', "'UPPER'.*lower case"),
    ('a: {}', "'source' is missing"),
    ('a: {source: {kind: ftp}}', "kind 'ftp'.*pypi"),
    ('a: {source: {kind: npm, package: x}}', "kind 'npm' needs 'version'"),
    ('a: {source: {kind: pypi, package: x, version: 1.0}}', "'pypi' needs members"),
    ('a: {source: {kind: pypi, package: x, version: 1.0, members: [{path: y}]}}',
     'every member.*needs its sha256'),
    ('a: {source: {kind: file, path: x, members: [{path: y, sha256: 12}]}}', 'sha256 of y.*64'),
    ('a: {source: {kind: file, path: x, size: 3}}', 'unknown fields: size'),
    ('a: {source: {kind: file, path: x}, author: me}', 'unknown fields: author'),
    ('a: {source: {kind: file, path: x}, converted_sha256: beef}', 'converted_sha256.*64'),
    ('a: {source: {kind: joined}}', "'joined' needs 'parts'"),
    ('a: {source: {kind: joined, parts: [{kind: npm}]}}', "part 1: kind 'npm' needs 'package'"),
    ('a: {source: {kind: joined, parts: [{kind: file, path: x}]}}', 'one member, with its sha256'),
    ('a: {source: {kind: joined, members: [{path: y}], parts: [{kind: file, path: x}]}}',
     'one member, with its sha256'),
    (f'a: {{source: {{kind: joined, members: [{{path: y, sha256: {SHA256}}}], '
     'parts: [{kind: file, path: x}]}}', 'part 1: a part has one member'),
    ('a: {source: {kind: file, path: x, parts: [{kind: file, path: y}]}}',
     "only kind 'joined' has parts"),
])
def test_a_catalogue_that_cannot_be_used_is_told_with_entry_and_field(
    text: str, cause: str, tmp_path: Path
) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text(text)
    with pytest.raises(CatalogueError, match=f'mine.yaml.*{cause}'):
        read_catalogue(path)


def test_a_catalogue_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match='none.yaml: cannot be read'):
        read_catalogue(tmp_path / 'none.yaml')


def test_a_version_written_as_a_number_is_text(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text('a: {source: {kind: npm, package: x, version: 1.0, '
                    f'members: [{{path: y, sha256: {SHA256}}}]}}}}')
    assert str(read_catalogue(path)['a'].source) == 'npm x 1.0'


def test_a_relative_path_is_taken_from_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text('a: {source: {kind: file, path: models/x.bin}}')
    assert read_catalogue(path)['a'].source.path == str(tmp_path / 'models' / 'x.bin')


@pytest.mark.parametrize('name', read_catalogue(BUILT_IN))
def test_every_entry_that_ships_is_pinned_before_and_after_its_conversion(name: str) -> None:
    entry = read_catalogue(BUILT_IN)[name]
    assert all(member.sha256 for member in entry.source.members)
    assert bool(entry.convert) == bool(entry.converted_sha256)
    assert callable(conversion(entry.convert))
    assert entry.licence
    assert entry.licence_stated
    assert entry.source.download_bytes > 0
    assert entry.parameters > 0
