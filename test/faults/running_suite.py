# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A suite of a lidar in processes, as the launch file starts it, to be killed and started."""

from __future__ import annotations

from collections.abc import Mapping
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

sys.path.insert(1, str(Path(__file__).parents[1] / 'core'))   # where the tiny models are

from tiny_models import model, tokenizer  # noqa: E402, I100

from mpnp_ros.core.connectors import Connectors, Source  # noqa: E402
from mpnp_ros.core.llm import LanguageModel  # noqa: E402
from mpnp_ros.encoders.base import create  # noqa: E402

# The name of each node and the module that runs it.
NODES = {'lidar_encoder': 'encoder_node', 'modality_manager': 'modality_manager_node',
         'llm': 'llm_node'}
COMPOSED = {'suite': 'suite_node'}
MAX_AGE_S, OFFLINE_AFTER_S = 2.0, 3.0
_PATIENCE_S = 20.0


def save_suite(folder: Path, given: str = '', **llm: Any) -> Path:
    """Write connectors and the parameter file that names them; return the file.

    `given` names the language model; empty: one of a few thousand random weights.
    """
    if not given:
        llm = {'compile': False, **llm}
        given = str(folder / 'model')
        model('llama', max_position_embeddings=2048).save_pretrained(given)
        tokenizer().save_pretrained(given)
    encoder = create('lidar_range_view')
    language_model = LanguageModel.load(given)
    Connectors.create(
        language_model, {'lidar': Source(encoder.id, encoder.weights_hash, encoder.width)},
        connected_blocks=min(8, language_model.num_blocks // 2), hidden=32,
    ).save(folder / 'connectors')
    nodes: Mapping[str, Mapping[str, Any]] = {
        'lidar_encoder': {
            'modality': 'lidar', 'encoder': 'lidar_range_view', 'views': ['top'],
            'view.top.topic': '/points', 'status_period_s': 0.5},
        'modality_manager': {'max_age_s': MAX_AGE_S, 'offline_after_s': OFFLINE_AFTER_S},
        'llm': {'model': given, 'connectors': str(folder / 'connectors'), 'threads': 1,
                'max_age_s': MAX_AGE_S, **llm}}
    file = folder / 'suite.yaml'
    file.write_text(json.dumps({
        f'/**/{name}': {'ros__parameters': values} for name, values in nodes.items()}),
        encoding='utf-8')
    return file


class RunningSuite:
    """The processes of a suite; leaving it ends them."""

    def __init__(self, params_file: Path, domain: int, *, composed: bool = False) -> None:
        self._params_file = params_file
        self._modules = COMPOSED if composed else NODES
        self._environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain), 'OMP_NUM_THREADS': '1'}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> RunningSuite:
        for name in self._modules:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str) -> None:
        """Start a node's process."""
        words = [sys.executable, '-m', f'mpnp_ros.nodes.{self._modules[name]}']
        if name in COMPOSED:
            words += ['--encoders', 'lidar_encoder']
        words += ['--ros-args', '--log-level', 'warn', '--params-file', str(self._params_file),
                  '-p', 'autostart:=true']
        if name not in COMPOSED:   # its nodes have names of their own
            words += ['-r', f'__node:={name}']
        self.processes[name] = subprocess.Popen(words, env=self._environment)

    def kill(self, name: str) -> None:
        """Kill a node's process with SIGKILL."""
        self.processes[name].kill()
        self.processes[name].wait()

    def ended(self) -> dict[str, int]:
        """Return the exit status of each process that has ended."""
        return {name: process.returncode for name, process in self.processes.items()
                if process.poll() is not None}

    def resident_bytes(self) -> dict[str, int]:
        """Return the memory of each process that is in RAM."""
        page = os.sysconf('SC_PAGE_SIZE')
        return {name: page * int(
            Path(f'/proc/{process.pid}/statm').read_text(encoding='ascii').split()[1])
            for name, process in self.processes.items() if process.poll() is None}
