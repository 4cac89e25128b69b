# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Run a GGUF model with llama-cpp-python, told on stdin what to do; for against_llama_cpp.py.

A line of input is a JSON list: ["prefill", ids] or ["decode", ids, tokens]. A line of output is a
JSON list of milliseconds, one for the prompt or one for each token, and the last token chosen.
Runs in the Python that has llama_cpp, needs nothing else of mpnp_ros.
"""

from __future__ import annotations

from collections.abc import Callable
import ctypes
import json
import sys
import time

import llama_cpp


def main() -> None:
    """Answer lines until there are no more: MODEL.gguf THREADS CLOCK, one of `time`."""
    path, threads, clock = sys.argv[1], int(sys.argv[2]), getattr(time, sys.argv[3])
    llama_cpp.llama_log_set(_quiet, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(
        path.encode(), llama_cpp.llama_model_default_params())
    if not model:
        sys.exit(f'llama.cpp cannot load {path}')
    options = llama_cpp.llama_context_default_params()
    options.n_ctx, options.n_batch, options.n_ubatch = 1024, 512, 512
    options.n_threads = options.n_threads_batch = threads
    context = llama_cpp.llama_init_from_model(model, options)
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    print(json.dumps(llama_cpp.llama_print_system_info().decode()), flush=True)
    for line in sys.stdin:
        kind, ids, *rest = json.loads(line)
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        took = [_run(clock, context, ids)]
        if kind == 'decode':
            took = [_run(clock, context, [_likeliest(context, vocabulary)]) for _ in range(*rest)]
        print(json.dumps([took, _likeliest(context, vocabulary)]), flush=True)


def _run(clock: Callable[[], float], context: llama_cpp.llama_context_p,
         ids: list[int]) -> float:
    tokens = (llama_cpp.llama_token * len(ids))(*ids)
    began = clock()
    failed = llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, len(ids)))
    llama_cpp.llama_synchronize(context)
    took = clock() - began
    if failed:
        sys.exit(f'llama_decode returned {failed}')
    return took * 1e3


def _likeliest(context: llama_cpp.llama_context_p, vocabulary: int) -> int:
    logits = llama_cpp.llama_get_logits_ith(context, -1)[:vocabulary]
    return logits.index(max(logits))


@llama_cpp.llama_log_callback
def _quiet(*_: object) -> None:
    pass


if __name__ == '__main__':
    main()
