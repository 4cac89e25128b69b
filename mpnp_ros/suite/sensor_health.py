# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How the sensors of one modality are doing: what ails each view, and how much they can tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import threading

from mpnp_ros.encoders.quality import of_views, Quality


class SensorHealth:
    """Keep, for each view, when it last delivered, what ails it and how good its data are.

    Any thread may call; times are seconds of one monotonic clock.
    """

    def __init__(self, views: Sequence[str]) -> None:
        self._views = list(views)
        self._lock = threading.Lock()
        self.reset(0.0)

    def reset(self, now_s: float) -> None:
        """Begin anew, as when the sensors are subscribed to."""
        with self._lock:
            self._opened_s = now_s
            self._arrived_s: dict[str, float] = {}
            self._ailing: dict[str, str] = {}
            self._measured: dict[str, Quality] = {}

    def arrived(self, view: str, now_s: float) -> None:
        """Note that a view delivered something, whatever it is worth."""
        with self._lock:
            self._arrived_s[view] = now_s

    def ails(self, views: Iterable[str], reason: str) -> None:
        """Note why what views delivered cannot be used."""
        with self._lock:
            self._ailing.update((view, reason) for view in views if view in self._views)

    def served(self, views: Iterable[str]) -> None:
        """Note that the data of views were used."""
        with self._lock:
            for view in views:
                self._ailing.pop(view, None)

    def measured(self, view: str, quality: Quality) -> None:
        """Note how good a view's data are."""
        with self._lock:
            self._measured[view] = quality

    @property
    def any_arrived(self) -> bool:
        """Tell whether any view has delivered anything."""
        return bool(self._arrived_s)

    def silent_s(self, now_s: float) -> float:
        """Return for how long no view has delivered anything, s."""
        with self._lock:
            return now_s - max(self._arrived_s.values(), default=self._opened_s)

    @property
    def hopeless(self) -> str:
        """Return why nothing can be used of any view that delivers; '' where something can."""
        with self._lock:
            if not self._ailing or not self._arrived_s.keys() <= self._ailing.keys():
                return ''
            return self._words(self._ailing)

    def troubles(self, now_s: float, stale_after_s: float) -> dict[str, str]:
        """Return what keeps views from being used, by their names."""
        with self._lock:
            found = dict(self._ailing)
            for view in self._views:
                silent_s = now_s - self._arrived_s.get(view, self._opened_s)
                if silent_s > stale_after_s:
                    found[view] = f'nothing has arrived for {silent_s:.1f} s'
            return found

    def quality(self, now_s: float, stale_after_s: float) -> Quality | None:
        """Return how much can be told from all views together; None where nothing is known.

        A view that cannot be used counts as nothing; one whose quality is not measured, beside
        it, as good.
        """
        troubles = self.troubles(now_s, stale_after_s)
        with self._lock:
            if not self._measured and not troubles:
                return None
            return of_views({view: Quality({}, 0.0, troubles[view]) if view in troubles
                             else self._measured.get(view, Quality({}, 1.0))
                             for view in self._views})

    def _words(self, troubles: dict[str, str]) -> str:
        return '; '.join(f'{view}: {troubles[view]}' for view in self._views if view in troubles)

    def words(self, now_s: float, stale_after_s: float) -> str:
        """Return what keeps views from being used, in one line; '' where nothing does."""
        return self._words(self.troubles(now_s, stale_after_s))
