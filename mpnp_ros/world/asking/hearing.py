# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'Do you hear a siren?': what reaches the microphones."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from mpnp_ros.world.asking.asker import Asker, Decided, YES_NO, yes_no
from mpnp_ros.world.asking.moment import Moment
from mpnp_ros.world.sensing.hearing import audible
from mpnp_ros.world.truth import Seen

SOUNDS = {'siren': 'a siren', 'horn': 'a horn', 'engine': 'an engine'}
NOTHING = 'nothing'
SURE_DB = 3.0     # that a sound could be fainter and still be heard: surely heard
SILENT_DB = 10.0   # that all of its kind could be louder and none be heard: surely not
LOUDER_DB = 6.0    # that the loudest kind of sound is louder than the next


class Hearing(Asker):
    """Ask what is heard; what makes the sound need not be in sight."""

    type = 'hearing'
    modality = 'microphone'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return a question about each sound, and one about the loudest."""
        for sound, words in SOUNDS.items():
            heard = is_heard(moment, sound)
            if heard is not None:
                yield Decided((f'Do you hear {words}?', f'Is there {words} to be heard?',
                               f'Can {words} be heard?'), yes_no(heard), YES_NO)
        loudest = _loudest(moment)
        if loudest:
            yield Decided(('What is the loudest sound: siren, horn, engine or nothing?',
                           'What do you hear most: siren, horn, engine or nothing?'),
                          loudest, (*SOUNDS, NOTHING))


def is_heard(moment: Moment, sound: str) -> bool | None:
    """Tell whether a sound stands out of all others and of wind and road, None where barely."""
    if any(_stands_out(moment, one, -SURE_DB) for one in moment.sounding(sound)):
        return True
    hardly = any(_stands_out(moment, one, SILENT_DB) for one in moment.sounding(sound))
    return None if hardly else False


def perhaps_heard(moment: Moment, sound: str) -> list[Seen]:
    """Return the objects whose sound may be among what is heard."""
    return [one for one in moment.sounding(sound) if _stands_out(moment, one, SILENT_DB)]


def _stands_out(moment: Moment, one: Seen, louder_db: float) -> bool:
    changed = dataclasses.replace(one, level_db=one.level_db + louder_db)
    others = [other for other in moment.sounding() if other is not one]
    return one.actor in audible([changed, *others], moment.ego.speed)


def _loudest(moment: Moment) -> str:
    heard = {sound: is_heard(moment, sound) for sound in SOUNDS}
    if not any(one is not False for one in heard.values()):
        return NOTHING
    levels = {sound: max((one.level_db for one in moment.sounding(sound)), default=0.0)
              for sound in SOUNDS}
    first, second = sorted(SOUNDS, key=lambda sound: -levels[sound])[:2]
    return first if heard[first] and levels[first] >= levels[second] + LOUDER_DB else ''
