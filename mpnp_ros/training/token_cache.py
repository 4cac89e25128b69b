# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens of frozen encoders on disk: a bag is encoded once, whatever is trained on it.

They are kept as they travel on topics and mapped into memory when they are read, so that a data
set may be larger than memory. A bag's tokens appear as a whole: an encoding that is killed leaves
nothing that could be taken for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import hashlib
import itertools
import json
import os
from pathlib import Path
import shutil

from safetensors import SafetensorError

from mpnp_ros.encoders.base import Encoder
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.offline.latent_store import read_moments, write_moments
from mpnp_ros.evaluation.offline.moment import by_moment, Moment
from mpnp_ros.evaluation.offline.moment_reader import MomentReader
from mpnp_ros.evaluation.offline.offline_suite import Encoders
from mpnp_ros.evaluation.problem import Problem, Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions
from mpnp_ros.manager.policy import EVERYTHING, StaticPolicy
from mpnp_ros.suite.configuration import as_parameters, SuiteConfiguration
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.whole_file import cannot_write

CHUNK = 256   # moments in one file: what encoding holds in memory
_PROBLEMS = 'problems.json'
_VERSION = 2
# Parameters of an encoder node that decide what its tokens are; the others say how it runs.
_SHAPING = ('modality', 'encoder', 'device', 'base_frame', 'views', 'dtype', 'max_rate_hz',
            'max_skew_s', 'stale_after_s', 'future_tolerance_s', 'frozen_after_s')


class TokenCache:
    """A folder of tokens, by what they were made from.

    :ivar encoded: bags that had to be encoded, and `found` those that had been before.
    """

    def __init__(self, folder: Path, configuration: SuiteConfiguration, settle_s: float) -> None:
        self._folder, self._configuration, self._settle_s = folder, configuration, settle_s
        self._encoders = Encoders(configuration)
        self.encoded = self.found = 0

    def moments(self, bag: BagQuestions, problems: Problems,
                look: Callable[[int], None] = lambda done: None) -> list[Moment]:
        """Return the moments that a bag is asked about, without questions, with their latents.

        `look` is told how many moments are encoded. Raises BagError where the bag cannot be read
        and TrainError where the tokens cannot be written.
        """
        place = self._folder / self.key(bag)
        if place.is_dir():
            try:
                kept = self._read(place, problems)
            except (OSError, ValueError, KeyError, SafetensorError):
                # A failing disk: encoding once more is all it takes.
                problems.add('cached tokens were damaged: encoded again', bag.name)
                shutil.rmtree(place, ignore_errors=True)
            else:
                self.found += 1
                return kept
        unfinished = place.with_name(f'{place.name}.part{os.getpid()}')
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            self._encode(bag, unfinished, look)
            try:
                unfinished.rename(place)
            except OSError:
                if not place.is_dir():   # another process was quicker with the same tokens
                    raise
        except OSError as error:
            raise TrainError(cannot_write(place, error)) from error
        except SafetensorError as error:
            raise TrainError(f'{place} cannot be written: {error}') from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self.encoded += 1
        return self._read(place, problems)

    def key(self, bag: BagQuestions) -> str:
        """Return what names the tokens of a bag: encoders, their parameters, files, moments."""
        present = {topic['topic'] for topic in bag.topics}
        parameters = as_parameters(self._configuration)
        encoders = {}
        for name, given in self._configuration.modalities.items():
            seen = any(given.topic(view) in present for view in given.views)
            shaping = {key: value for key, value in parameters[given.node].items()
                       if key in _SHAPING or key.startswith(('view.', 'options.'))}
            encoders[name] = [shaping, *(_mark(self._encoders[name]) if seen else ())]
        text = json.dumps([
            _VERSION, encoders, self._settle_s, _files(bag.path), bag.start_ns, bag.end_ns,
            bag.messages, [stamp_ns for stamp_ns, _ in by_moment(bag.questions)]], sort_keys=True)
        return f'{bag.name}_{hashlib.sha256(text.encode()).hexdigest()[:24]}'

    def _encode(self, bag: BagQuestions, folder: Path, look: Callable[[int], None]) -> None:
        problems = Problems()
        with Bag(bag.path, problems) as opened:
            reader = MomentReader(opened, self._configuration, self._encoders,
                                  StaticPolicy([EVERYTHING]), lambda latents: None, problems)
            moments = iter(reader.moments(bag.questions, self._settle_s))
            done = 0
            for number, chunk in enumerate(_chunks(moments)):
                write_moments(folder / f'tokens_{number:05d}.safetensors', chunk)
                done += len(chunk)
                look(done)
        problems.take(reader.encoding_problems())
        (folder / _PROBLEMS).write_text(
            json.dumps([dataclasses.asdict(one) for one in problems]), encoding='utf-8')

    def _read(self, folder: Path, problems: Problems) -> list[Moment]:
        found = json.loads((folder / _PROBLEMS).read_text(encoding='utf-8'))
        moments = [moment for path in sorted(folder.glob('tokens_*.safetensors'))
                   for moment in read_moments(path)]
        problems.take(Problem(**one) for one in found)
        return moments


def _chunks(moments: Iterator[Moment]) -> Iterator[list[Moment]]:
    while chunk := list(itertools.islice(moments, CHUNK)):
        yield chunk


def _mark(encoder: Encoder) -> tuple[str, str]:
    return encoder.id, encoder.weights_hash


def _files(bag: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of change of each file of a bag."""
    files = sorted(bag.rglob('*')) if bag.is_dir() else [bag]
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns)
            for file in files if file.is_file()]
