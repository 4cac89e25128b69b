# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the LLM runtime beside stock transformers, in one run, turn by turn.

Run in tools/shell, on a machine with nothing else to do: python benchmarks/llm_runtime.py
Prefill is the time to the first token; decoding is what each further token takes. `again` is the
same question on new latents: what they do not reach is known already.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import os
from pathlib import Path
import platform
import statistics
import time

import torch
from transformers import __version__ as transformers_version, AutoModelForCausalLM, PreTrainedModel

from mpnp_ros.core.attention import BlockSlots, Slots
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.text_runner import TextRunner
from mpnp_ros.core.weights import locate

CANDIDATES = [str(count) for count in range(11)] + [
    'yes', 'no', 'barrier', 'bicycle', 'bus', 'car', 'construction vehicle', 'motorcycle',
    'pedestrian', 'traffic cone', 'trailer', 'truck', 'moving', 'stopped', 'parked', 'standing',
    'not standing', 'with rider', 'without rider']
Measured = dict[str, float]


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='smollm2-135m-instruct')
    parser.add_argument('--threads', type=int, nargs='+', default=[1, 2])
    parser.add_argument('--prompt-tokens', type=int, default=40)
    parser.add_argument('--slots', type=int, default=150)
    parser.add_argument('--blocks', type=int, default=8, help='connected blocks N')
    parser.add_argument('--new-tokens', type=int, default=32)
    parser.add_argument('--repeats', type=int, default=9)
    given = parser.parse_args()
    llm = LanguageModel.load(given.model)
    stock = AutoModelForCausalLM.from_pretrained(
        locate(given.model), local_files_only=True, dtype=torch.float32).eval()
    for threads in given.threads:
        torch.set_num_threads(threads)
        print(f'\n{given.model}, float32, {llm.num_blocks} blocks, {given.blocks} connected; '
              f'{threads} thread{"s"[:threads - 1]} of {processor()}; torch {torch.__version__}, '
              f'transformers {transformers_version}; load average {os.getloadavg()[0]:.1f}; '
              f'median (least) of {given.repeats}')
        print_table(measure(llm, stock, given))


def measure(llm: LanguageModel, stock: PreTrainedModel,
            given: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Return the times of each row and column, every repeat going once through all of them."""
    prompt = (llm.prompt('How many cars are there, and where do they go?') * 9)[
        :given.prompt_tokens]
    ids = torch.tensor([prompt])
    none, slots = None, random_slots(llm, given.blocks, given.slots)
    fresh = TextRunner(llm.model, llm.attention, capacity_bytes=0)
    known = TextRunner(llm.model, llm.attention)
    answers = [llm.format.answer(candidate) for candidate in CANDIDATES]
    asked = llm.ask(prompt, CANDIDATES)
    tokens = given.new_tokens
    columns = {'ours, 0 slots': (fresh, none), f'ours, {given.slots} slots': (fresh, slots),
               f'ours, {given.slots} slots, again': (known, slots)}
    calls: dict[str, dict[str, Callable[[], float]]] = {
        f'prefill of {len(prompt)} tokens, ms': {
            'stock': lambda: timed(lambda: generate(stock, ids, 1)),
            **{name: lambda run=run, use=use: timed(lambda: run.start(prompt, use))
               for name, (run, use) in columns.items()}},
        'decoding, ms a token': {
            'stock': lambda: (timed(lambda: generate(stock, ids, tokens + 1))
                              - timed(lambda: generate(stock, ids, 1))) / tokens,
            **{name: lambda run=run, use=use: decode(run, prompt, use, tokens)
               for name, (run, use) in columns.items()}},
        f'scoring {len(answers)} candidates, ms': {
            'stock': lambda: timed(lambda: score_whole_texts(stock, prompt, answers)),
            **{name: lambda run=run, use=use: timed(
                lambda: run.weigh_texts([asked], use))
               for name, (run, use) in columns.items()}}}
    times: dict[str, dict[str, list[float]]] = {
        row: {column: [] for column in cells} for row, cells in calls.items()}
    for repeat in range(given.repeats + 1):
        for row, cells in calls.items():
            for column, call in cells.items():
                took = call()
                if repeat:                   # the first round warms up
                    times[row][column].append(took)
    return times


def generate(stock: PreTrainedModel, ids: torch.Tensor, tokens: int) -> None:
    """Generate exactly this many tokens with the stock model, greedily."""
    with torch.no_grad():
        stock.generate(ids, attention_mask=torch.ones_like(ids), min_new_tokens=tokens,
                       max_new_tokens=tokens, do_sample=False, pad_token_id=0)


def decode(runner: TextRunner, prompt: list[int], slots: Slots | None, tokens: int) -> float:
    """Return what each of so many further tokens takes, in milliseconds."""
    started = runner.start(prompt, slots)
    logits = started.logits[0]

    def run() -> None:
        nonlocal logits
        for _ in range(tokens):
            logits = runner.grow(started, int(logits.argmax()))
    return timed(run) / tokens


def score_whole_texts(stock: PreTrainedModel, prompt: list[int],
                      answers: list[list[int]]) -> torch.Tensor:
    """Return the total log-probability of each answer, from one padded batch of whole texts."""
    longest = max(map(len, answers))
    ids = torch.tensor([[*prompt, *answer, *[0] * (longest - len(answer))] for answer in answers])
    with torch.no_grad():
        logits = stock(ids, logits_to_keep=longest + 1).logits[:, :-1]
    likely = logits.log_softmax(-1).gather(-1, ids[:, -longest:, None])[..., 0]
    counts = torch.tensor([[index < len(answer) for index in range(longest)]
                           for answer in answers])
    return (likely * counts).sum(-1)


def random_slots(llm: LanguageModel, blocks: int, count: int) -> Slots:
    """Return slots of the last blocks: what they hold does not change the time."""
    shape = (1, llm.num_kv_heads, count, llm.head_dim)
    return tuple(BlockSlots(torch.randn(shape), torch.randn(shape), torch.full((1, count), -1.0))
                 for _ in range(blocks))


def timed(call: Callable[[], object]) -> float:
    """Return how long a call takes, in milliseconds."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def processor() -> str:
    """Return the processor's name and its number of cores."""
    for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
        if line.startswith('model name'):
            return f'{os.cpu_count()} cores of {line.partition(":")[2].strip()}'
    return f'{os.cpu_count()} cores, {platform.machine()}'


def print_table(times: dict[str, dict[str, list[float]]]) -> None:
    """Print a table, with tokens per second beside the time per token."""
    columns = list(next(iter(times.values())))
    print('| | ' + ' | '.join(columns) + ' |')
    print('|---' * (len(columns) + 1) + '|')
    for row, cells in times.items():
        print(f'| {row} | ' + ' | '.join(
            f'{statistics.median(cells[column]):.1f} ({min(cells[column]):.1f})'
            for column in columns) + ' |')
        if row.startswith('decoding'):
            print('| decoding, tokens a second | ' + ' | '.join(
                f'{1e3 / statistics.median(cells[column]):.1f}' for column in columns) + ' |')


if __name__ == '__main__':
    main()
