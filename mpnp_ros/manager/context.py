# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the manager knows of each sensor: how good it is, how fast, how old and how dear.

Times are seconds of one steady clock, whichever.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from mpnp_ros.manager.report import Report, State

_NO_DATA = 'without data'
_STEP = 0.1   # usability has to move by this much to count as another one


@dataclass(frozen=True)
class ContextSettings:
    """When a sensor counts as unusable and as usable again.

    :ivar leave_below: a usability below this makes it unusable,
    :ivar enter_above: one of at least this makes it usable again, in between nothing changes;
    :ivar dwell_s: either only after it has lasted for this long.
    :ivar retry_after_s: an unusable one that is not listened to is tried again after this time,
    :ivar retry_silent_after_s: and one without data after this: listening for it costs little.
    :ivar max_age_s: without latents for this long a sensor counts as dead.
    :ivar offline_after_s: without a status for this long its encoder counts as offline, sooner
        where its statuses are known to come more often.
    """

    leave_below: float = 0.25
    enter_above: float = 0.4
    dwell_s: float = 2.0
    retry_after_s: float = 30.0
    retry_silent_after_s: float = 10.0
    max_age_s: float = 2.0
    offline_after_s: float = 3.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.leave_below <= self.enter_above <= 1.0:
            raise ValueError(
                f'a sensor is left below a usability of {self.leave_below} and entered above '
                f'{self.enter_above}: expected 0 <= leave_below <= enter_above <= 1')


class ModalityContext:
    """The state of one modality, from the reports of its encoder.

    :ivar usable: the verdict on its data, with hysteresis; it stands while nothing is measured.
    :ivar usability: the last one measured, moved in steps so that noise does not change it.
    :ivar why: what made it unusable, in words.
    :ivar rate_hz: of its latents when they last came; likewise what else it costs.
    """

    def __init__(self, report: Report, now_s: float, settings: ContextSettings) -> None:
        self.settings = settings
        self.report = report
        self.heard_s = now_s
        self.usable, self.why, self._was = True, '', ''
        self.usability = 1.0
        self._forget_costs()
        self.trial_s: float | None = None     # when a trial began
        self._silent = False
        self._period_s = math.nan
        self._bad_s: float | None = None      # since when it has been bad, good, without data
        self._good_s: float | None = None
        self._dry_s: float | None = None
        self._left_s = now_s                  # when it became unusable
        self._learn(report, now_s)

    @property
    def online(self) -> bool:
        """Tell whether its encoder is there."""
        return not self._silent and self.report.state != State.OFFLINE

    def take(self, report: Report, now_s: float) -> None:
        """Take a report in."""
        gap_s = now_s - self.heard_s
        if not self._silent and gap_s <= self.settings.offline_after_s:
            self._period_s = gap_s if math.isnan(self._period_s) else max(
                gap_s, 0.7 * self._period_s + 0.3 * gap_s)
        if report.state == State.OFFLINE:
            self.trial_s = None
        if report.published < self.report.published:   # it began anew, set up otherwise perhaps
            self._forget_costs()
        self._silent, self.heard_s, self.report = False, now_s, report
        self._learn(report, now_s)

    def pass_time(self, now_s: float, tick_s: float = 0.0) -> None:
        """Notice what does not happen; `tick_s` is how often this is called."""
        silent_s = now_s - self.heard_s
        limit_s = self.settings.offline_after_s
        if not math.isnan(self._period_s):
            limit_s = min(limit_s, max(self._period_s + self.settings.max_age_s - tick_s,
                                       1.5 * self._period_s))
        if silent_s > limit_s and self.online:
            self._silent = True
            self.trial_s = None
        if self.trial_s is not None and now_s - self.trial_s > self.trial_limit_s:
            self._leave(self.report.message or _NO_DATA, _NO_DATA, now_s)

    @property
    def trial_limit_s(self) -> float:
        """Return how long a trial may go without data."""
        period_s = 1.0 if math.isnan(self._period_s) else self._period_s
        return self.settings.max_age_s + 2.0 * period_s

    def due(self, now_s: float) -> bool:
        """Tell whether it should be tried again: nobody looked at it for long enough."""
        wait_s = (self.settings.retry_silent_after_s if self._was == _NO_DATA
                  else self.settings.retry_after_s)
        return (self.online and not self.usable and self.trial_s is None
                and now_s - self._left_s >= wait_s)

    def begin_trial(self, now_s: float) -> None:
        """Note that it is plugged in to see how it is; the next measure ends the trial."""
        self.trial_s = now_s

    def give_up_trial(self, now_s: float) -> None:
        """Note that there was no room for a trial: it is due again later."""
        self.trial_s, self._left_s = None, now_s

    def trial_words(self, now_s: float) -> str:
        """Return e.g. 'tried again: it was dark (mean 9 of 255) 30 s ago'."""
        return f'tried again: it was {self._was} {now_s - self._left_s:.0f} s ago'

    @property
    def trouble(self) -> str:
        """Return what is wrong with it, in words; '' where nothing is."""
        if self._silent:
            return 'its encoder has fallen silent'
        if self.report.state == State.OFFLINE:
            return self.report.message or 'its encoder is offline'
        if not self.usable:
            return self.why
        if self.report.state in (State.STALE, State.ERROR):
            return self.report.message
        return self.report.quality_message if self.usability < 1.0 else ''

    def _learn(self, report: Report, now_s: float) -> None:
        self._learn_costs(report)
        if report.state in (State.IDLE, State.OFFLINE):
            self._bad_s = self._good_s = self._dry_s = None
            return
        dead = self._dead(report, now_s)
        if dead:
            if self.usable:
                self._leave(dead, _NO_DATA, now_s)
            return
        if report.state != State.ACTIVE:
            return
        self._judge(report, now_s)

    def _dead(self, report: Report, now_s: float) -> str:
        """Return in words that no data come from it, '' where they do or may yet."""
        max_age_s = self.settings.max_age_s
        if report.state == State.STALE:
            return report.message or 'stale'
        if report.state == State.ACTIVE:
            self._dry_s = None
            if report.age_s > max_age_s:
                return f'{report.age_s:.1f} s old'
            return ''
        if self._dry_s is None:
            self._dry_s = now_s
        # In a trial, that it waits at first is no verdict: pass_time ends the trial.
        if self.trial_s is None and now_s - self._dry_s >= max_age_s:
            return report.message or _NO_DATA
        return ''

    def _judge(self, report: Report, now_s: float) -> None:
        bad = report.usability < self.settings.leave_below
        good = not report.usability < self.settings.enter_above   # also where nothing is measured
        if abs(report.usability - self.usability) >= _STEP or report.usability in (0.0, 1.0):
            self.usability = report.usability
        self._bad_s = (self._bad_s if self._bad_s is not None else now_s) if bad else None
        self._good_s = (self._good_s if self._good_s is not None else now_s) if good else None
        on_trial = self.trial_s is not None and now_s > self.trial_s
        dwell_s = 0.0 if on_trial else self.settings.dwell_s
        if self.usable and self._bad_s is not None and now_s - self._bad_s >= dwell_s:
            self._leave_for_quality(report, now_s)
        elif not self.usable and self._good_s is not None and now_s - self._good_s >= dwell_s:
            self.usable, self.why, self.trial_s = True, '', None
        elif on_trial and not good:
            self._leave_for_quality(report, now_s)

    def _leave_for_quality(self, report: Report, now_s: float) -> None:
        words = report.quality_message or f'of little use (usability {report.usability:.2f})'
        self._leave(words, words, now_s)

    def _leave(self, why: str, was: str, now_s: float) -> None:
        self.usable, self.why, self._was = False, why, was
        self.trial_s = self._good_s = None
        self._left_s = now_s

    def _forget_costs(self) -> None:
        self.rate_hz = self.encode_ms = self.encode_flops = math.nan
        self.weights_bytes = self.payload_bytes = self.tokens = 0

    def _learn_costs(self, report: Report) -> None:
        if report.state == State.ACTIVE and report.rate_hz > 0.0:
            self.rate_hz = report.rate_hz
        if not math.isnan(report.encode_ms):
            self.encode_ms = report.encode_ms
        if not math.isnan(report.encode_flops):
            self.encode_flops = report.encode_flops
        self.weights_bytes = report.weights_bytes or self.weights_bytes
        self.payload_bytes = report.payload_bytes or self.payload_bytes
        self.tokens = report.tokens or self.tokens
