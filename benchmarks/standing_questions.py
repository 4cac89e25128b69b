# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what a question costs that is asked again on a new frame, beside two other ways.

One is a full pass through the same model, with nothing kept. The other is input-layer fusion: the
same latent tokens are projected to the LLM's width and put into the prompt between system prompt
and question (LLaVA), on the stock transformers model, which keeps the keys and values of the
system prompt, all that it can keep when the sensors change. Both sides make their slots or
embeddings anew for each frame, with networks of random weights: those cost what trained ones do.

Run in tools/shell, on a machine with nothing else to do: python benchmarks/standing_questions.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import copy
import os
from pathlib import Path
import platform
import statistics
import time

import torch
from torch import nn, Tensor
from transformers import (
    __version__ as transformers_version, AutoModelForCausalLM, DynamicCache, PreTrainedModel)

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.frame_questions import answer_frame, FrameQuestion
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.state_cache import StateMemory
from mpnp_ros.core.weights import locate

SYSTEM_PROMPT = 'You see through the sensors of a car. Answer in one or two words.'
QUESTIONS = ['Is the way ahead clear for 10 meters?', 'Is there a truck ahead on the left?',
             'Does a pedestrian cross the road?', 'Is the nearest car parked?',
             'Is there a bicycle on the right?', 'Does the bus ahead move?',
             'Is the lane on the left free?', 'Is there a barrier ahead?']
CANDIDATES = ('yes', 'no', 'unknown')
WIDTH, HIDDEN, RELEVANCE = 768, 512, 32   # of latents, and of the networks that take them
MIB = 2 ** 20


class InputFusion:
    """The latents in the prompt of the stock model, whose system prompt is computed once."""

    def __init__(self, stock: PreTrainedModel, llm: LanguageModel) -> None:
        self._stock, self._llm = stock, llm
        self._width = stock.get_input_embeddings().embedding_dim
        self._project = nn.Sequential(
            nn.Linear(WIDTH, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, self._width)).eval().to(
                stock.dtype)
        self._system = llm.beginning(SYSTEM_PROMPT)
        self._begun = DynamicCache(config=stock.config)
        with torch.no_grad():
            stock(input_ids=torch.tensor([self._system]), past_key_values=self._begun,
                  use_cache=True, logits_to_keep=1)

    def first_token(self, question: str, tokens: Tensor) -> Tensor:
        """Return the logits of the first token of the answer."""
        rest = self._llm.prompt(question, SYSTEM_PROMPT)[len(self._system):]
        cache = copy.copy(self._begun)       # a layer replaces its tensors when it grows
        cache.layers = [copy.copy(layer) for layer in self._begun.layers]
        with torch.no_grad():
            text = self._stock.get_input_embeddings()(torch.tensor([rest]))
            seen = self._project(tokens.to(text.dtype))[None]
            return self._stock(inputs_embeds=torch.cat([seen, text], dim=1),
                               past_key_values=cache, use_cache=True, logits_to_keep=1).logits


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='smollm2-135m-instruct')
    parser.add_argument('--dtype', default='float32', choices=['float32', 'bfloat16'])
    parser.add_argument('--threads', type=int, nargs='+', default=[1, 2])
    parser.add_argument('--blocks', type=int, nargs='+', default=[4, 8], help='connected blocks')
    parser.add_argument('--tokens', type=int, default=93, help='latent tokens of a frame')
    parser.add_argument('--together', type=int, default=4, help='questions that stand at once')
    parser.add_argument('--repeats', type=int, default=15)
    parser.add_argument('--answer-only', action='store_true',
                        help='with connectors that only what follows a question looks at, and '
                        'whose slots its words open, as those of config/world.yaml')
    parser.add_argument('--processor-time', action='store_true',
                        help='in place of wall time, on a machine that others use; one thread')
    given = parser.parse_args()
    llm = LanguageModel.load(given.model, dtype=given.dtype)
    stock = AutoModelForCausalLM.from_pretrained(
        locate(given.model), local_files_only=True, dtype=getattr(torch, given.dtype)).eval()
    prompt = len(llm.prompt(QUESTIONS[0], SYSTEM_PROMPT))
    for threads in given.threads:
        torch.set_num_threads(threads)
        print(f'\n{given.model}, {given.dtype}; prompt of {prompt} tokens, {given.tokens} latent '
              f'tokens; {threads} thread{"s"[:threads - 1]} of {processor()}; torch '
              f'{torch.__version__}, transformers {transformers_version}; load average '
              f'{os.getloadavg()[0]:.1f}; median (least) of {given.repeats}'
              f'{" in processor time" if given.processor_time else ""}')
        for blocks in given.blocks:
            measure(llm, stock, blocks, given)


def measure(llm: LanguageModel, stock: PreTrainedModel, blocks: int,
            given: argparse.Namespace) -> None:
    """Time all ways in turn, on a new frame each, and print their rows."""
    connectors = Connectors.create(
        llm, {'sensors': Source('benchmark', '0' * 64, WIDTH)}, connected_blocks=blocks,
        hidden=HIDDEN, system_prompt=SYSTEM_PROMPT, answer_only=given.answer_only,
        relevance=RELEVANCE if given.answer_only else 0)
    ours, peer = Answerer(llm, connectors), InputFusion(stock, llm)
    question = QUESTIONS[0]
    several = [FrameQuestion(text, CANDIDATES) for text in QUESTIONS[:given.together]]

    def scored(frame: Latents) -> None:
        ours.answer(question, {'sensors': frame}, candidates=CANDIDATES)

    def first(frame: Latents) -> None:
        ours.answer(question, {'sensors': frame}, max_new_tokens=1)

    def together(frame: Latents) -> None:
        answer_frame(ours, {'sensors': frame}, several)

    def one_by_one(frame: Latents) -> None:
        for one in several:
            ours.answer(one.text, {'sensors': frame}, candidates=one.candidates)

    def input_layer(frame: Latents) -> None:
        peer.first_token(question, frame.tokens)

    kept = given.together
    rows: dict[str, tuple[Callable[[Latents], None], bool]] = {
        'scored, full pass': (scored, False), 'scored, again': (scored, True),
        'first token, full pass': (first, False), 'first token, again': (first, True),
        f'{kept} questions one by one, again': (one_by_one, True),
        f'{kept} questions together, again': (together, True),
        'first token, input-layer fusion': (input_layer, True)}
    times: dict[str, list[float]] = {name: [] for name in rows}
    clock = time.process_time if given.processor_time else time.perf_counter
    memories = {True: StateMemory(512 * MIB), False: StateMemory(0)}
    for repeat in range(given.repeats + 1):
        for name, (call, keeps) in rows.items():
            ours.keep_states(memories[keeps])
            took = timed(call, new_frame(given.tokens, repeat), clock)
            if repeat:                   # the first round warms up, and fills what is kept
                times[name].append(took)
    share = blocks / llm.num_blocks
    looking = 'what follows a question' if given.answer_only else 'the whole prompt'
    print(f'\nN = {blocks} of L = {llm.num_blocks} blocks connected, {looking} looks at sensors')
    print('| | ms | of |\n|---|---|---|')
    for name, against in {
            'scored, full pass': '', 'scored, again': 'scored, full pass',
            'first token, full pass': '', 'first token, again': 'first token, full pass',
            f'{kept} questions one by one, again': '',
            f'{kept} questions together, again': f'{kept} questions one by one, again',
            'first token, input-layer fusion': ''}.items():
        ratio = ''
        if against:
            ratio = (f'{statistics.median(times[name]) / statistics.median(times[against]):.3f} '
                     f'of {against}')
            if against.endswith('full pass'):
                ratio += f' (N/L + 0.10 = {share + 0.10:.3f})'
        print(f'| {name} | {statistics.median(times[name]):.1f} ({min(times[name]):.1f}) '
              f'| {ratio} |')
    faster = (statistics.median(times['first token, input-layer fusion'])
              / statistics.median(times['first token, again']))
    print(f'first token {faster:.1f} times as fast as with input-layer fusion')


def new_frame(tokens: int, seed: int) -> Latents:
    """Return latents as an encoder would give them, others for each seed."""
    generator = torch.Generator().manual_seed(seed)
    return Latents(
        'sensors', torch.randn(tokens, WIDTH, generator=generator),
        torch.linspace(-3.0, 3.0, tokens), torch.zeros(tokens, dtype=torch.int64),
        'benchmark', '0' * 64)


def timed(call: Callable[[Latents], None], frame: Latents, clock: Callable[[], float]) -> float:
    """Return how long a call takes, in milliseconds."""
    began = clock()
    call(frame)
    return (clock() - began) * 1e3


def processor() -> str:
    """Return the processor's name and its number of cores."""
    for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
        if line.startswith('model name'):
            return f'{os.cpu_count()} cores of {line.partition(":")[2].strip()}'
    return f'{os.cpu_count()} cores, {platform.machine()}'


if __name__ == '__main__':
    main()
