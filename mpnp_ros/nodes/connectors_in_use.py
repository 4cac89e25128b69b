# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which connectors the LLM node answers with: those of its configuration, or adapted ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mpnp_ros import shipped
from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.state_cache import StateMemory
from mpnp_ros.nodes.question_queue import QuestionQueue
from mpnp_ros.suite.parameters import LlmParameters, NO_CONNECTORS
from mpnp_ros.training.adaptation.adapted_connectors import AdaptedConnectors, state_root
from mpnp_ros.training.adaptation.request import AdaptationCode, AdaptationError

FOLDER = 'connectors'


class ConnectorsInUse:
    """Exchange the connectors of an answerer, between two questions.

    :ivar folder: where those in use come from; None where there are none.
    """

    def __init__(self, answerer: Answerer, queue: QuestionQueue, states: StateMemory,
                 given: LlmParameters, logger: Any) -> None:
        """Take up the adapted connectors that an earlier run has left, where they are wanted."""
        self._answerer, self._queue, self._states = answerer, queue, states
        base = None if given.connectors == NO_CONNECTORS else (
            shipped.connectors(given.connectors).resolve())
        root = Path(given.adapted_connectors) if given.adapted_connectors else (
            state_root() / FOLDER)
        self.adapted = AdaptedConnectors(root, base, answerer.llm.weights_hash)
        self.folder = base
        current = self.adapted.current() if given.use_adapted else None
        if current is None:
            return
        try:
            answerer.connectors = self._load(current)
        except ConnectorMismatch as error:
            logger.error(f'the adapted connectors cannot be used, those of the configuration '
                         f'are: {error}')
        else:
            self.folder = current
            logger.info(f'adapted connectors: {current}')

    def exchange(self, folder: Path | None, done: Callable[[Exception | None], None]) -> None:
        """Load connectors now and use them from the next question on; then call `done`.

        `done` comes on the inference thread, with what kept the exchange from happening, such as
        a disk on which the choice cannot be written: then the old ones stay in use. Raises
        ConnectorMismatch for connectors that do not fit.
        """
        connectors = self._load(folder)

        def exchange_now() -> None:
            before = self._answerer.connectors
            try:
                self.adapted.use(folder)
                self._answerer.connectors = connectors
                if before.connected_blocks != connectors.connected_blocks:
                    self._answerer.keep_states(self._states)
            except Exception as error:   # the inference thread must outlive it
                self._answerer.connectors = before
                done(error)
                return
            self.folder = folder
            done(None)

        self._queue.between(exchange_now)

    def before(self) -> Path | None:
        """Return the folder of the connectors before those in use, None for none at all.

        Raises AdaptationError where those of the configuration are in use.
        """
        if self.folder is None or self.folder == self.adapted.base:
            raise AdaptationError(
                AdaptationCode.REQUEST, 'there is nothing to restore: the connectors of the '
                'configuration are in use')
        return self.adapted.before(self.folder)

    def _load(self, folder: Path | None) -> Connectors:
        if folder is None:
            return Connectors({})
        return Connectors.load(folder, self._answerer.llm)
