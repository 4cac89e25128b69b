# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The pretrained weights that the demo and the tests load."""

from __future__ import annotations

from pathlib import Path
import subprocess

from environment.layout import Layout
from environment.report import CommandFailed, Report, SetupError

DEMO = ('smollm2-135m-instruct', 'efficientnet-lite0')
TEST = (*DEMO, 'clip-vit-base-patch16')


def command_line(layout: Layout) -> list[str | Path]:
    """Return the start of a mpnp-weights command, run from the source tree."""
    return [layout.python, '-m', 'mpnp_ros.core.weights_cli']


def fetch_weights(report: Report, layout: Layout, name: str) -> str:
    """Fetch weights into the user's cache; return where they lie."""
    variables = layout.variables() | {'PYTHONPATH': str(layout.root)}
    try:
        report.run(
            'weights', [*command_line(layout), 'fetch', name], env=variables,
            describe=lambda line: line.strip()[:70])
    except CommandFailed as failure:
        lines = failure.log.read_text(encoding='utf-8', errors='replace').strip().splitlines()
        raise SetupError(
            f'the weights could not be fetched: {lines[-1]}; details in {failure.log}'
        ) from failure
    found = subprocess.run(
        [*command_line(layout), 'path', name], env=variables, capture_output=True, text=True)
    if found.returncode != 0:
        raise SetupError(f'weights {name}: {found.stderr.strip()[-300:]}')
    return found.stdout.strip()
