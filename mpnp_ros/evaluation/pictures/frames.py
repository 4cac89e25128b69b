# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the moments behind the answers of a run, for the report and for looking at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
import contextlib
import os
from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.bags.bag import Bag, BagError
from mpnp_ros.evaluation.pictures.drive_topics import drive_topics
from mpnp_ros.evaluation.pictures.frames_messages import MomentMessageReader
from mpnp_ros.evaluation.pictures.frames_moments import AnsweredMoment, moments_of, WRONG
from mpnp_ros.evaluation.pictures.moment_picture import MomentPictures, Picture
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.run_folder import RunFolder

INDEX = 'index.json'


def write_frames(
    run: RunFolder, bags: Mapping[str, Bag | str | os.PathLike[str]], *,
    which: str | Collection[str] = WRONG, limit: int | None = 200, max_width: int = 640,
    quality: int = 80,
) -> Problems:
    """Draw the moments of the wrong answers ('wrong'), of all, or of the records with given ids.

    Writes JPEG pictures into the run's `frames` folder, in place of earlier ones, and their names
    into its index.json: `{"<record id>": {"pictures": [{"name", "file", "width", "height"}]}}`.
    Each bag is read once, in order. Returns what could not be drawn, with places. Raises RunError
    where the run is damaged.
    """
    problems = Problems()
    parameters = run.read_json('run.json').get('parameters', {})
    moments = moments_of(run.records(), which, limit)
    numbers = {id(moment): number for number, moment in enumerate(moments)}
    _clear(run.frames_path)
    index: dict[str, Any] = {}
    for name in dict.fromkeys(moment.bag for moment in moments):
        with contextlib.ExitStack() as stack:
            try:
                bag = _opened(bags[name], stack)
            except KeyError:
                problems.add('not drawn: a bag of the run was not given', name)
                continue
            except BagError as error:
                problems.add(f'not drawn: {error}', name)
                continue
            topics = drive_topics(
                {topic: info.type for topic, info in bag.topics.items()}, parameters)
            reader = MomentMessageReader(bag, topics, problems)
            painter = MomentPictures(name, topics, reader.frames, problems, max_width=max_width)
            for messages in reader.moments([one for one in moments if one.bag == name]):
                number = numbers[id(messages.moment)]
                _save(run.frames_path, number, messages.moment, painter.draw(messages), index,
                      quality)
    run.write_json(f'{run.frames_path.name}/{INDEX}', dict(sorted(index.items())))
    return problems


def _opened(bag: Bag | str | os.PathLike[str], stack: contextlib.ExitStack) -> Bag:
    # What is wrong inside a bag was told when its questions were answered.
    return bag if isinstance(bag, Bag) else stack.enter_context(Bag(Path(bag), Problems()))


def _clear(folder: Path) -> None:
    """Make an empty folder, or take earlier pictures out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in (*folder.glob('m[0-9]*.jpg'), folder / INDEX):
        file.unlink(missing_ok=True)


def _save(folder: Path, number: int, moment: AnsweredMoment, pictures: Sequence[Picture],
          index: dict[str, Any], quality: int) -> None:
    described = []
    for picture in pictures:
        file = f'm{number:04d}_{picture.name}.jpg'
        # Drawings have thin lines in pure colours, which shared colour samples would smear.
        picture.image.save(folder / file, quality=quality, optimize=True,
                           subsampling=0 if picture.drawn else 2)
        described.append({'name': picture.name, 'file': file, 'width': picture.image.width,
                          'height': picture.image.height})
    for record in moment.records:
        index[record] = {'pictures': described}
