# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an adaptation has spent, and how many steps the rest allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import resource
import statistics
import time

from mpnp_ros.training.adaptation.request import (
    AdaptationCode,
    AdaptationError,
    AdaptationRequest,
    DEFAULT_STEPS,
)

# Counting slows a step down: the first ones are counted and then one in so many.
_COUNT_FIRST, _COUNT_EVERY = 2, 20
_RECENT = 16      # steps whose median is what a step takes
_JUDGE_SLOWER = 1.5   # than the time before: the machine is shared
_MARGIN_S = 0.5   # for writing


class Spending:
    """Count operations and time against the limits of a request.

    :ivar flops: operations so far; steps that were not counted are taken for the mean of those
        that were.
    :ivar most_steps: that are done whatever the limits allow.
    :ivar looks_left: how often what is watched is looked at before the last step.
    """

    def __init__(self, request: AdaptationRequest, began_s: float) -> None:
        self._request, self._began_s = request, began_s
        self.most_steps = request.max_steps or DEFAULT_STEPS
        self.flops = self.looks_left = 0
        self._judge_s = 0.0
        self._judge_flops = self._judged = 0
        self._step_flops: list[int] = []
        self._step_s: list[float] = []
        self._look_s = 0.0
        self._look_flops = 0

    @property
    def seconds(self) -> float:
        """Return the wall time so far."""
        return time.monotonic() - self._began_s

    @contextmanager
    def judging(self, questions: int) -> Iterator[None]:
        """Count what judging takes: it will take as much once more, after the training."""
        began, before = time.monotonic(), self.flops
        with self._counted():
            yield
        self._judged = questions
        self._judge_s, self._judge_flops = time.monotonic() - began, self.flops - before

    def expect_looks(self, looks: int, questions: int) -> None:
        """Expect looks at so many questions to take what judging them would."""
        share = questions / max(self._judged, 1)
        self.looks_left = looks
        self._look_s, self._look_flops = share * self._judge_s, round(share * self._judge_flops)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Count what a look takes: those that are left will take as much each."""
        began, before = time.monotonic(), self.flops
        with self._counted():
            yield
        self._look_s, self._look_flops = time.monotonic() - began, self.flops - before

    def probe(self, run: Callable[[], object]) -> None:
        """Find out what a step takes, from two passes that change nothing.

        The first one also computes what is kept from then on.
        """
        for number in range(2):
            with self.stepping(number):
                run()
        self._step_s, self._step_flops = self._step_s[-1:], self._step_flops[-1:]

    @contextmanager
    def stepping(self, step: int) -> Iterator[None]:
        """Count what a step takes; the first is number 0."""
        began = time.monotonic()
        if step < _COUNT_FIRST or step % _COUNT_EVERY == 0:
            before = self.flops
            with self._counted():
                yield
            self._step_flops.append(self.flops - before)
        else:
            yield
            self.flops += round(statistics.mean(self._step_flops))
        self._step_s = [*self._step_s, time.monotonic() - began][-_RECENT:]

    def steps(self, done: int) -> int:
        """Return how many steps the limits allow in all, those done included, after `probe`."""
        given, most = self._request, self.most_steps
        if given.max_seconds:
            left_s = (given.max_seconds - self.seconds - _MARGIN_S
                      - _JUDGE_SLOWER * (self._judge_s + self.looks_left * self._look_s))
            most = min(most, done + _whole(left_s, statistics.median(self._step_s)))
        if given.max_flops:
            left = (given.max_flops - self.flops - self._judge_flops
                    - self.looks_left * self._look_flops)
            most = min(most, done + _whole(left, statistics.median(self._step_flops)))
        return max(most, done)

    def seconds_left(self, done: int, steps: int) -> float:
        """Return about how long the rest of the steps and judging take."""
        return ((steps - done) * statistics.median(self._step_s)
                + self.looks_left * self._look_s + self._judge_s)

    def require_a_step(self) -> None:
        """Raise AdaptationError where the limits allow not even one step."""
        if self.steps(0) > 0:
            return
        given = self._request
        raise AdaptationError(
            AdaptationCode.LIMIT, 'the limits allow not even one step: encoding and judging took '
            f'{self.seconds:.1f} s and {self.flops:.3g} operations, and judging once more takes '
            f'{self._judge_s:.1f} s and {self._judge_flops:.3g}; max_seconds is '
            f'{given.max_seconds:g}, max_flops {given.max_flops:g} (0: no limit)')

    @contextmanager
    def _counted(self) -> Iterator[None]:
        from mpnp_ros.core.flop_counter import counter
        with counter() as counted:
            yield
        self.flops += int(counted.get_total_flops())


def resident_bytes() -> int:
    """Return the memory of this process that is resident, bytes."""
    try:
        with open('/proc/self/statm', encoding='ascii') as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:      # not Linux: the most there was
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _whole(left: float, each: float) -> int:
    """Return how often `each`, of which something is known by now, fits."""
    return int(left / max(each, 1e-9)) if left > 0.0 else 0
