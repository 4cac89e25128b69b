# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A second set-up does again only what has changed or was cut off."""

from __future__ import annotations

import argparse

import pytest

from environment import main, workspace
from environment.layout import Layout
from environment.stamps import Stamps

BASE = 'Python and ROS'


def due(layout: Layout, stamps: Stamps) -> list[str]:
    options = argparse.Namespace(no_weights=True, tests=False)
    return [step.name for step in main.due_steps(layout, stamps, BASE, options)]


@pytest.fixture
def finished(layout: Layout, stamps: Stamps, monkeypatch) -> Stamps:
    """Return the stamps of a set-up that has run to its end."""
    monkeypatch.delenv('MPNP_SKIP_TORCH', raising=False)
    monkeypatch.setattr(main, 'ROOT', layout.root)
    (layout.root / 'tools').symlink_to(main.Path(main.__file__).parents[1])
    options = argparse.Namespace(no_weights=True, tests=False)
    for step in main.due_steps(layout, stamps, BASE, options):
        stamps.set(step.name, step.fingerprint)
    return stamps


def test_nothing_is_due_after_a_finished_set_up(layout, finished):
    assert due(layout, Stamps(layout.env / 'stamps.json')) == []


def test_a_set_up_cut_off_goes_on_at_the_step_it_was_in(layout, finished):
    finished.drop('python', 'torch', 'build')
    assert due(layout, finished) == ['python', 'torch', 'build']


def test_a_set_up_cut_off_while_packages_were_unpacked_starts_over(layout, finished):
    finished.set('unpacking', 'python')
    assert due(layout, finished)[0] == 'venv'


def test_another_python_starts_over(layout, finished):
    options = argparse.Namespace(no_weights=True, tests=False)
    steps = main.due_steps(layout, finished, 'another Python', options)
    assert [step.name for step in steps][:2] == ['venv', 'ros']


def test_stamps_that_cannot_be_read_start_over(layout, finished):
    (layout.env / 'stamps.json').write_text('{"venv": ')
    assert due(layout, Stamps(layout.env / 'stamps.json'))[0] == 'venv'


@pytest.mark.parametrize('file', [
    'msg/LatentTokens.msg', 'srv/Query.srv', 'action/Ask.action', 'CMakeLists.txt', 'package.xml',
    'resource/console_scripts.txt'])
def test_a_changed_definition_or_rule_is_built(layout, finished, file):
    path = layout.root / file
    path.write_text(path.read_text() + '\n')
    assert due(layout, finished) == ['build']


@pytest.mark.parametrize('file', [
    'mpnp_ros/new.py', 'mpnp_ros/data/new/weights.safetensors', 'launch/new.launch.py',
    'config/new.yaml', 'msg/New.msg'])
def test_a_new_file_is_built(layout, finished, file):
    path = layout.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('')
    assert due(layout, finished) == ['build']


def test_a_removed_file_is_built(layout, finished):
    (layout.root / 'config' / 'mpnp.yaml').unlink()
    assert due(layout, finished) == ['build']


def test_an_edit_of_a_module_needs_no_build(layout, finished):
    path = layout.root / 'mpnp_ros' / 'nodes' / 'qos.py'
    path.write_text(path.read_text() + '\n')
    assert due(layout, finished) == []


def test_a_node_that_gets_a_main_is_built(layout, finished):
    path = layout.root / 'mpnp_ros' / 'nodes' / 'llm_node.py'
    path.write_text(path.read_text().replace('\ndef main(', '\ndef no_longer_main('))
    assert due(layout, finished) == ['build']


def test_byte_code_of_the_sources_is_no_new_file(layout, finished):
    folder = layout.root / 'mpnp_ros' / '__pycache__'
    folder.mkdir()
    (folder / 'new.cpython-311.pyc').write_bytes(b'')
    assert workspace.package_fingerprint(layout) == finished.get('build')
