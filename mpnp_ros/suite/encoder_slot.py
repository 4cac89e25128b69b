# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An encoder that leaves memory while nobody needs it and comes back from the disk."""

from __future__ import annotations

from collections.abc import Callable
import ctypes
from dataclasses import dataclass
import gc
import platform
import time

from mpnp_ros.encoders.base import Encoder


@dataclass(frozen=True)
class About:
    """What is told of an encoder whether its weights are in memory or not."""

    id: str
    weights_hash: str
    trained: bool
    width: int


class EncoderSlot:
    """Hold one encoder; `load` and `unload` belong to one thread, the rest to any.

    :ivar about: of the encoder when it was last loaded; None before the first time.
    :ivar encoder: None while its weights are not in memory.
    :ivar problem: why the last `load` failed, in words; '' where it did not.
    :ivar load_ms: how long the last `load` took.
    """

    def __init__(self, make: Callable[[], Encoder]) -> None:
        self._make = make
        self._failed_s: float | None = None
        self.about: About | None = None
        self.encoder: Encoder | None = None
        self.problem = ''
        self.load_ms = 0.0

    @property
    def weights_bytes(self) -> int:
        """Return the memory that the weights take now; 0 while they are not in memory."""
        encoder = self.encoder
        return encoder.weights_bytes if encoder is not None else 0

    def load(self, *, retry_after_s: float = 0.0) -> Encoder | None:
        """Return the encoder, read from this machine's disk if need be; None where that failed.

        `problem` then says why; the next attempt is made after `retry_after_s`. Raises what the
        encoder's constructor raises if it never was loaded before: then it is no use waiting.
        """
        if self.encoder is not None:
            return self.encoder
        if self._failed_s is not None and time.monotonic() - self._failed_s < retry_after_s:
            return None
        began_s = time.perf_counter()
        try:
            encoder = self._make()
            about = About(encoder.id, encoder.weights_hash, encoder.trained, encoder.width)
            if self.about is not None and about != self.about:
                raise ValueError(f'its weights changed on the disk, from '
                                 f'{self.about.weights_hash[:12]} to {about.weights_hash[:12]}: '
                                 'configure the node again to use them')
        except Exception as error:
            if self.about is None:
                raise
            self._failed_s = time.monotonic()
            self.problem = f'loading the weights failed: {type(error).__name__}: {error}'
            return None
        self.encoder, self.about = encoder, about
        self._failed_s, self.problem = None, ''
        self.load_ms = (time.perf_counter() - began_s) * 1e3
        return encoder

    def unload(self) -> None:
        """Let the weights leave memory, back to the operating system where the C library can."""
        self.encoder = None
        gc.collect()
        if platform.libc_ver()[0] == 'glibc':
            ctypes.CDLL('libc.so.6').malloc_trim(0)
