# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Load the models that the LLM node's parameters name."""

from __future__ import annotations

from mpnp_ros import shipped
from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lora import attach_lora
from mpnp_ros.suite.parameters import LlmParameters, NO_CONNECTORS


def load_answerer(given: LlmParameters) -> Answerer:
    """Load the language model and the connectors that the LLM node's parameters name."""
    llm = LanguageModel.load(
        given.model, dtype=given.dtype, device=given.device, compiled=given.compile)
    if given.connectors == NO_CONNECTORS:
        llm.quantise(given.weights)
        return Answerer(llm, Connectors({}))
    folder = shipped.connectors(given.connectors)
    attach_lora(folder, llm)
    llm.quantise(given.weights)
    return Answerer(llm, Connectors.load(folder, llm))
