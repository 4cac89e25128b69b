# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An LLM node on a model of a few thousand random weights, and latents given to it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sys
import threading
from typing import Any

sys.path.insert(1, str(Path(__file__).parents[1] / 'core'))   # where the tiny models are

from tiny_models import connectors, latents, model, tokenizer  # noqa: E402, I100

from mpnp_ros.core.latents import pack  # noqa: E402
from mpnp_ros.core.llm import LanguageModel  # noqa: E402
from mpnp_ros.msg import Answer, LatentTokens, ModalityDecision, ModalityStatus  # noqa: E402
from mpnp_ros.nodes.latents_message import fill_message  # noqa: E402
from mpnp_ros.nodes.llm_node import LlmNode  # noqa: E402
from mpnp_ros.nodes.qos import latched_qos, latents_qos  # noqa: E402
from mpnp_ros.srv import Query, Unwatch, Watch  # noqa: E402

HELD_S = 60.0
WIDTHS = {'camera': 12, 'lidar': 7}
# Chosen so that latents of even seeds below 4 get the first answer, of odd ones the second.
QUESTION, CANDIDATES = 'where is it?', ['yes', 'no']


def save_tiny(folder: Path) -> dict[str, str]:
    """Save the model and connectors for it; return the LLM node's parameters that name them."""
    model('llama').save_pretrained(folder / 'model')
    tokenizer().save_pretrained(folder / 'model')
    loaded = LanguageModel.load(folder / 'model')
    (folder / 'connectors').mkdir()
    connectors(loaded).save(folder / 'connectors')
    return {'model': str(folder / 'model'), 'connectors': str(folder / 'connectors')}


class TinyLlm:
    """The LLM node, what it publishes, and one publisher in place of encoder and manager."""

    def __init__(self, graph: Any, saved: dict[str, str], **parameters: Any) -> None:
        self.graph = graph
        self.node = graph.add(LlmNode, **{
            **saved, 'threads': 1, 'default_deadline_s': 30.0, 'max_age_s': 60.0, **parameters})
        self.answers: list[Answer] = graph.collect(Answer, 'answers')
        node = graph.node
        self._status = node.create_publisher(ModalityStatus, 'modality_status', latched_qos(8))
        self._decision = node.create_publisher(
            ModalityDecision, 'modality_decision', latched_qos())
        self._latents = {
            name: node.create_publisher(LatentTokens, f'latents/{name}', latents_qos())
            for name in ('camera', 'lidar')}
        for name in self._latents:
            self._status.publish(ModalityStatus(
                modality=name, latents_topic=f'latents/{name}', state=ModalityStatus.ACTIVE))
        self.watching = graph.node.create_client(Watch, 'watch')
        self.unwatching = graph.node.create_client(Unwatch, 'unwatch')
        self.querying = graph.node.create_client(Query, 'query')
        self.attach('camera')
        graph.until(self.node._topic.publisher.get_subscription_count, 'a listener to answers')

    def attach(self, *names: str) -> None:
        """Decide that these modalities are used, and wait until they are."""
        self._decision.publish(ModalityDecision(
            modalities=list(names), selected=[True] * len(names), reasons=[''] * len(names)))
        self.graph.until(lambda: set(self.node._attached.cache.taps) == set(names), 'the taps')
        for name in names:
            self.graph.until(self._latents[name].get_subscription_count, 'the subscription')

    def give(self, seed: int, name: str = 'camera') -> None:
        """Publish latents made from a seed and wait until the node has taken them."""
        tap = self.node._attached.cache.taps[name]
        taken = tap.received
        made = latents(name, seed=seed, width=WIDTHS[name])
        message = LatentTokens(views=['front', 'rear'])
        fill_message(message, pack(made.tokens, 'float32'), made)
        message.header.stamp = self.graph.node.get_clock().now().to_msg()
        self._latents[name].publish(message)
        self.graph.until(lambda: tap.received > taken, 'the latents')
        assert not tap.refusal, tap.refusal

    def watch(self, **fields: Any) -> Watch.Response:
        """Let a question stand."""
        return self.graph.call(self.watching, Watch.Request(**{
            'question': QUESTION, 'candidates': CANDIDATES, **fields}))

    def unwatch(self, id: str) -> Unwatch.Response:
        """Drop a question."""
        return self.graph.call(self.unwatching, Unwatch.Request(id=id))

    def ask(self, **fields: Any) -> Any:
        """Ask once and return the future of the response."""
        self.graph.until(self.querying.service_is_ready, 'the query service')
        return self.querying.call_async(Query.Request(**fields))

    @contextmanager
    def held(self) -> Iterator[threading.Event]:
        """Let no token into the model within the block; the event tells that one is waiting."""
        waits, go = threading.Event(), threading.Event()

        def wait(*_: Any) -> None:
            waits.set()
            go.wait(HELD_S)

        embedding = self.node._answerer.llm.model.get_input_embeddings()
        handle = embedding.register_forward_pre_hook(wait)
        try:
            yield waits
        finally:
            handle.remove()
            go.set()

    @contextmanager
    def kept_busy(self) -> Iterator[Any]:
        """Keep the model at a text within the block, which is given its future."""
        with self.held() as waits:
            future = self.ask(question='tell', text_only=True, max_tokens=4)
            self.graph.until(waits.is_set, 'the start of the generation')
            yield future

    def until_answers(self, count: int) -> Answer:
        """Wait for so many answers and return the last of them."""
        self.graph.until(lambda: len(self.answers) >= count, f'{count} answers')
        return self.answers[count - 1]
