# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which moments of which bags stand behind the answers of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from mpnp_ros.evaluation.record import Record
from mpnp_ros.suite.stamp import NS

WRONG, ALL = 'wrong', 'all'


@dataclass
class AnsweredMoment:
    """Answers that came from the same sensor messages.

    :ivar used_ns: acquisition stamp of each modality that an answer was made from.
    :ivar asked_ns: when the last of the answers was asked for.
    """

    bag: str
    stamp_ns: int
    asked_ns: int
    used_ns: dict[str, int]
    records: list[str] = field(default_factory=list)

    def holds(self, used_ns: dict[str, int]) -> bool:
        """Tell whether an answer with these stamps came from the same messages."""
        return all(self.used_ns.get(name, stamp_ns) == stamp_ns
                   for name, stamp_ns in used_ns.items())

    def take(self, record: Record, used_ns: dict[str, int], asked_ns: int) -> None:
        """Add an answer that `holds`."""
        self.records.append(record.id)
        self.used_ns.update(used_ns)
        self.asked_ns = max(self.asked_ns, asked_ns)


def moments_of(
    records: Iterable[Record], which: str | Collection[str] = WRONG, limit: int | None = None,
) -> list[AnsweredMoment]:
    """Return the moments of the wrong answers, of all, or of those with the given ids.

    They come by bag and time. Where there are more than `limit`, as many are taken evenly from
    the first to the last.
    """
    by_stamp: dict[tuple[str, int], list[AnsweredMoment]] = {}
    for record in records:
        if record.control or not _chosen(record, which):
            continue
        used_ns = {use.modality: use.stamp_ns for use in record.modalities}
        # What was used had arrived when its age was taken.
        asked_ns = max([record.stamp_ns] + [
            use.stamp_ns + round(use.age_s * NS) for use in record.modalities])
        known = by_stamp.setdefault((record.bag, record.stamp_ns), [])
        moment = next((one for one in known if one.holds(used_ns)), None)
        if moment is None:
            moment = AnsweredMoment(record.bag, record.stamp_ns, asked_ns, {})
            known.append(moment)
        moment.take(record, used_ns, asked_ns)
    moments = [moment for _, known in sorted(by_stamp.items()) for moment in known]
    if limit is None or len(moments) <= limit:
        return moments
    if limit < 2:
        return moments[:limit]
    return [moments[round(index * (len(moments) - 1) / (limit - 1))] for index in range(limit)]


def _chosen(record: Record, which: str | Collection[str]) -> bool:
    if which == WRONG:
        return record.right is False
    return which == ALL or record.id in which
