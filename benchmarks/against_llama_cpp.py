# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure decoding and prefill beside llama.cpp: same model, weight bits, threads, turn by turn.

Run in tools/shell, on a machine with nothing else to do:
    python -m venv PEER && PEER/bin/pip install llama-cpp-python    # needs cmake, a C++ compiler
    python benchmarks/against_llama_cpp.py --llama-cpp PEER/bin/python
Without --llama-cpp it measures mpnp_ros alone. The GGUF files are written from the same weights.
`new latents` is mpnp_ros with slots in its last blocks, asked again what it was asked before: the
blocks below are known. `in bfloat16` multiplies in bfloat16 as well (`dtype` of the LLM node),
as llama.cpp does with such weights. `limit` is the bytes of the weights over the bandwidth
measured, for decoding, and the operations of all blocks over the rate of torch's matrix product,
for prefill.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import json
import os
from pathlib import Path
import statistics
import subprocess
import tempfile
import time
from typing import Any

import gguf_file
from llm_runtime import processor, random_slots
import torch
from torch import nn

from mpnp_ros.core.attention import Slots
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.quantised import AS_DTYPE, QuantisedEmbedding
from mpnp_ros.core.text_runner import TextRunner

Clock = Callable[[], float]
NEW_LATENTS, IN_BFLOAT16 = 'new latents', 'in bfloat16'
WORKER = Path(__file__).with_name('llama_cpp_worker.py')


class Ours:
    """mpnp_ros with weights of a kind, decoded by compiled code or by transformers.

    With slots, a prompt was run before under other latents.
    """

    def __init__(self, llm: LanguageModel, clock: Clock, *, compiled: bool = True,
                 slots: Slots | None = None) -> None:
        self._slots, self._clock = slots, clock
        self._runner = TextRunner(llm.model, llm.attention, compiled=compiled,
                                  capacity_bytes=2 ** 29 if slots else 0)

    def run(self, ids: list[int], tokens: int) -> tuple[list[float], int]:
        """Return the milliseconds of a prompt, or of each token after it, and the last token."""
        if self._slots:
            self._runner.start(ids, self._slots)
        began = self._clock()
        started = self._runner.start(ids, self._slots)
        took = [(self._clock() - began) * 1e3]
        logits = started.logits[0]
        if tokens:
            took.clear()
        for _ in range(tokens):
            token = int(logits.argmax())
            began = self._clock()
            logits = self._runner.grow(started, token)
            took.append((self._clock() - began) * 1e3)
        return took, int(logits.argmax())

    def close(self) -> None:
        """Let go of the model."""
        del self._runner


class Theirs:
    """llama.cpp with the same weights, in a process of its own."""

    def __init__(self, python: str, model: Path, threads: int, clock: str) -> None:
        self._process = subprocess.Popen(
            [python, os.fspath(WORKER), os.fspath(model), str(threads), clock], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.system = self._read()

    def run(self, ids: list[int], tokens: int) -> tuple[list[float], int]:
        """Return what `Ours.run` does."""
        given = ['decode', ids, tokens] if tokens else ['prefill', ids]
        assert self._process.stdin is not None
        print(json.dumps(given), file=self._process.stdin, flush=True)
        took, last = self._read()
        return took, last

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f'{WORKER.name} ended with code {self._process.wait()}')
        return json.loads(line)


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--llama-cpp', help='a Python that has llama_cpp')
    parser.add_argument('--model', default='smollm2-135m-instruct')
    parser.add_argument('--weights', nargs='+', default=list(gguf_file.BLOCKS),
                        choices=list(gguf_file.BLOCKS))
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--prompt-tokens', type=int, default=512)
    parser.add_argument('--new-tokens', type=int, default=32)
    parser.add_argument('--slots', type=int, default=150)
    parser.add_argument('--blocks', type=int, default=8, help='connected blocks N')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--processor-time', action='store_const', dest='clock',
                        const='process_time', default='perf_counter',
                        help='for a machine that is busy: one thread, its time on the processor')
    given = parser.parse_args()
    clock: Clock = getattr(time, given.clock)
    torch.set_num_threads(given.threads)
    bandwidth, rate = measured_bandwidth(clock), measured_rate(clock)
    print(f'{given.model}, {given.threads} thread(s) of {processor()}; torch {torch.__version__}; '
          f'load average {os.getloadavg()[0]:.1f}; reads {bandwidth / 1e9:.1f} GB/s, multiplies '
          f'{rate / 1e9:.0f} GFLOP/s in float32\nmedian of {given.repeats} runs (best); decoding '
          f'after 40 tokens, prefill of {given.prompt_tokens}; tokens a second of '
          f'{given.clock}', flush=True)
    print(f'{"weights":<10}{"by":<14}{"decoding":>16}{"limit":>8}{"prefill":>16}{"limit":>8}'
          f'{"MB":>7}', flush=True)
    for weights in given.weights:
        measure(given, weights, bandwidth, rate)


def measure(given: argparse.Namespace, weights: str, bandwidth: float, rate: float) -> None:
    """Measure one kind of weights in turns, and print its lines."""
    llm = LanguageModel.load(given.model)
    llm.quantise(AS_DTYPE if weights == 'float32' else weights)
    clock: Clock = getattr(time, given.clock)
    ways: dict[str, Ours | Theirs] = {
        'mpnp_ros': Ours(llm, clock),
        NEW_LATENTS: Ours(llm, clock, slots=random_slots(llm, given.blocks, given.slots))}
    if weights == 'float32':
        ways['transformers'] = Ours(llm, clock, compiled=False)
    if weights == 'bfloat16':
        ways[IN_BFLOAT16] = Ours(
            LanguageModel.load(given.model, dtype='bfloat16'), clock, compiled=False)
    text = llm.prompt('How many cars are there, and where do they go?') * 99
    size, operations = weight_bytes(llm), prefill_operations(llm, given.prompt_tokens)
    with tempfile.TemporaryDirectory() as folder:
        if given.llama_cpp:
            path = Path(folder) / 'model.gguf'
            gguf_file.write(LanguageModel.load(given.model).model, weights, path)
            ways['llama.cpp'] = Theirs(given.llama_cpp, path, given.threads, given.clock)
        decoding: dict[str, list[float]] = {name: [] for name in ways}
        prefill: dict[str, list[float]] = {name: [] for name in ways}
        lasts = {}
        for _ in range(given.repeats):
            for name, way in ways.items():
                took, lasts[name] = way.run(text[:40], given.new_tokens)
                decoding[name].append(1e3 / statistics.median(took))
            for name, way in ways.items():
                prefill[name].append(
                    given.prompt_tokens * 1e3 / way.run(text[:given.prompt_tokens], 0)[0][0])
        for way in ways.values():
            way.close()
    for name in ways:
        print(f'{weights:<10}{name:<14}{_cell(decoding[name])}{bandwidth / size:>8.0f}'
              f'{_cell(prefill[name])}{rate / operations * given.prompt_tokens:>8.0f}'
              f'{size / 1e6:>7.0f}', flush=True)
    if given.llama_cpp:
        for name in ('mpnp_ros', IN_BFLOAT16):
            if name in ways:
                print(f'{f"ratio, {name}":<24}{_ratio(decoding, name)}{"":>8}'
                      f'{_ratio(prefill, name)}'
                      f'{"" if lasts[name] == lasts["llama.cpp"] else "   (other texts)"}',
                      flush=True)


def _cell(numbers: list[float]) -> str:
    return f'{f"{statistics.median(numbers):.1f} ({max(numbers):.1f})":>16}'


def _ratio(numbers: dict[str, list[float]], name: str) -> str:
    ours, theirs = numbers[name], numbers['llama.cpp']
    return (f'{statistics.median(ours) / statistics.median(theirs):.2f} '
            f'({max(ours) / max(theirs):.2f})').rjust(16)


def weight_bytes(llm: LanguageModel) -> int:
    """Return the bytes of the weights that each token is multiplied with."""
    model: Any = llm.model
    counted = {tensor.data_ptr(): tensor.numel() * tensor.element_size()
               for tensor in [*model.parameters(), *model.buffers()]}
    embedding = model.get_input_embeddings()
    tied = isinstance(embedding, QuantisedEmbedding) or (
        embedding.weight is getattr(model.get_output_embeddings(), 'weight', None))
    return sum(counted.values()) - (
        0 if tied else embedding.weight.numel() * embedding.weight.element_size())


def prefill_operations(llm: LanguageModel, tokens: int) -> float:
    """Return the operations of the blocks for a prompt: its products, and attention's."""
    blocks = llm.attention.architecture.blocks
    layers = [layer for block in blocks for layer in block.modules()
              if hasattr(layer, 'in_features')]
    products = sum(layer.in_features * layer.out_features for layer in layers)
    return 2.0 * products * tokens + 2.0 * len(blocks) * llm.hidden_size * tokens ** 2


def measured_bandwidth(clock: Clock) -> float:
    """Return how fast memory is read that no cache holds, bytes a second."""
    large = torch.ones(2 ** 26)
    return large.numel() * 4 / min(_timed(clock, large.sum) for _ in range(6))


def measured_rate(clock: Clock) -> float:
    """Return the rate of a matrix product, operations a second."""
    rows, layer = torch.ones(512, 1536), nn.Linear(1536, 1536, bias=False)
    with torch.no_grad():
        return 2 * 512 * 1536 ** 2 / min(_timed(clock, lambda: layer(rows)) for _ in range(8))


def _timed(clock: Clock, call: Callable[[], object]) -> float:
    began = clock()
    call()
    return clock() - began


if __name__ == '__main__':
    main()
