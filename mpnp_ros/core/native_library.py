# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""C++ that runs a token through a language model, compiled for this machine's processor.

`data/decode.cpp` is compiled at first use and kept in the user's cache, for the compiler and the
processor that it was made with. Where there is no compiler there is no library, and whoever asks
for it does without.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
from pathlib import Path
import platform
import shutil
import subprocess
import tempfile
import warnings

import torch
from torch import Tensor

from mpnp_ros.core.flop_counter import counting_depth
from mpnp_ros.core.weights import cache_root

_SOURCE = Path(__file__).with_name('data') / 'decode.cpp'
_OPTIONS = ('-std=c++17', '-O3', '-march=native', '-fPIC', '-fopenmp')
_COMPILE_TIMEOUT_S = 120.0
GROUP = 32                     # columns of a matrix come in groups of so many
KINDS = {torch.float32: 0, torch.bfloat16: 1, torch.int8: 2, torch.uint8: 3}


class Matrix(ctypes.Structure):
    """Mirror Matrix of decode.cpp."""

    _fields_ = [('rows', ctypes.c_int64), ('columns', ctypes.c_int64), ('kind', ctypes.c_int64),
                ('codes', ctypes.c_void_p), ('scales', ctypes.c_void_p),
                ('least', ctypes.c_void_p), ('bias', ctypes.c_void_p)]


class Block(ctypes.Structure):
    """Mirror Block of decode.cpp."""

    _fields_ = [
        *((name, Matrix) for name in ('query', 'key', 'value', 'output', 'gate', 'up', 'down')),
        *((name, ctypes.c_void_p) for name in (
            'attention_norm', 'mlp_norm', 'query_norm', 'key_norm'))]


class Model(ctypes.Structure):
    """Mirror Model of decode.cpp."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in (
            'blocks', 'hidden', 'heads', 'kv_heads', 'head_dim')),
        ('epsilon', ctypes.c_float), ('rotation_scale', ctypes.c_float),
        ('frequencies', ctypes.c_void_p), ('norm', ctypes.c_void_p),
        ('block', ctypes.POINTER(Block)), ('head', Matrix)]


class Seen(ctypes.Structure):
    """Mirror Seen of decode.cpp."""

    _fields_ = [('keys', ctypes.c_void_p), ('values', ctypes.c_void_p),
                ('gates', ctypes.c_void_p), ('slots', ctypes.c_int64),
                ('capacity', ctypes.c_int64)]


def matrix(codes: Tensor, columns: int, scales: Tensor | None = None,
           least: Tensor | None = None, bias: Tensor | None = None) -> Matrix:
    """Describe contiguous tensors on the CPU, which must live as long as the description."""
    return Matrix(codes.shape[0], columns, KINDS[codes.dtype], pointer(codes), pointer(scales),
                  pointer(least), pointer(bias))


def pointer(tensor: Tensor | None) -> int | None:
    """Return where a tensor's numbers are; None for no tensor."""
    return None if tensor is None else tensor.data_ptr()


def counted() -> bool:
    """Say whether this thread's operations are being counted: the library's would be missed."""
    return counting_depth() > 0


@functools.cache
def library() -> ctypes.CDLL | None:
    """Return the library, compiled where it is not kept yet; None, with a warning, without one."""
    compiler = next(filter(None, map(shutil.which, (os.environ.get('CXX') or 'c++', 'g++'))), None)
    if compiler is None:
        warnings.warn('no C++ compiler (c++, g++ or $CXX): transformers decodes, which is slower',
                      RuntimeWarning, stacklevel=2)
        return None
    try:
        loaded = ctypes.CDLL(os.fspath(_compiled(compiler)))
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, 'stderr', None) or str(error)
        warnings.warn(f'{compiler} cannot compile {_SOURCE.name}: transformers decodes, which is '
                      f'slower ({said.strip()[-500:]})', RuntimeWarning, stacklevel=2)
        return None
    size, address = ctypes.c_int64, ctypes.c_void_p
    loaded.decode.argtypes = [ctypes.POINTER(Model), ctypes.POINTER(Seen), size, address, address,
                              size]
    loaded.multiply.argtypes = [ctypes.POINTER(Matrix), address, size, address, size]
    loaded.expand.argtypes = [ctypes.POINTER(Matrix), size, size, address, size]
    for function in (loaded.decode, loaded.multiply, loaded.expand):
        function.restype = None
    return loaded


def _compiled(compiler: str) -> Path:
    source = _SOURCE.read_bytes()
    made_with = '\n'.join([compiler, *_OPTIONS, torch.__version__, _processor()])
    name = hashlib.sha256(source + made_with.encode()).hexdigest()[:16]
    kept = cache_root() / 'native' / f'decode-{name}.so'
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        parts, made = Path(folder) / 'decode.o', Path(folder) / kept.name
        _run(compiler, *_OPTIONS, '-c', _SOURCE, '-o', parts)
        # With torch's own OpenMP, both use the same threads.
        shared = sorted((Path(torch.__file__).parent / 'lib').glob('libgomp*.so*'))
        openmp = shared[0] if shared else '-fopenmp'
        _run(compiler, '-shared', parts, openmp, '-o', made)
        made.replace(kept)
    return kept


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True,
                   timeout=_COMPILE_TIMEOUT_S)


def _processor() -> str:
    """Name what decides which instructions the compiler may use."""
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        lines = []
    told = [line for line in lines if line.startswith(('model name', 'flags', 'Features'))]
    return '\n'.join([platform.machine(), *told[:2]])
