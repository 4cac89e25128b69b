# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Runs that never were, of any size: drives with weather, decisions, gaps, times and pictures."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from dataclasses import dataclass
import math
from pathlib import Path
import random

import numpy as np
from PIL import Image, ImageDraw

from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.record import AnswerTiming, QUESTION_ONLY, Record, SHUFFLED, Use, Verdict
from mpnp_ros.evaluation.run_folder import RunFolder

START_NS = 1_767_268_800_000_000_000
MOMENT_S = 1.0
THINGS = ('car', 'truck', 'pedestrian', 'bicycle', 'traffic cone', 'barrier', 'bus', 'trailer')
PLACES = ('ahead', 'to the front left of me', 'behind me', 'to the back right of me')
DRIVES = (('harbour_morning', 'day'), ('ring_road_rain', 'rain'), ('old_town_night', 'night'),
          ('valley_fog', 'fog'), ('campus_noon', 'day'), ('industrial_dusk', 'dusk'),
          ('highway_spray', 'rain'), ('suburb_night', 'night'))
# How often an answer is right: without trouble, and by what is missing.
_SKILL = {'exist': 0.92, 'count': 0.68, 'object': 0.79, 'status': 0.86, 'comparison': 0.82}
_GUESS = {'exist': 0.6, 'count': 0.24, 'object': 0.2, 'status': 0.42, 'comparison': 0.52}
_TROUBLE = {'day': 0.0, 'dusk': 0.04, 'rain': 0.08, 'night': 0.1, 'fog': 0.17}
_ENCODERS = {
    'camera': ('camera_clip/clip-vit-base-patch16/rows=4,columns=6', 150, 230_400),
    'lidar': ('lidar_range_view/range-net/beams=32,columns=1024', 64, 16_384),
    'radar': ('radar_peaks/peaks-s/sweeps=6', 24, 6_144)}
_GATES = {'camera': (0.31, 0.52, 0.44, 0.38), 'lidar': (0.42, 0.36, 0.3, 0.21),
          'radar': (0.05, 0.12, 0.18, 0.09)}
_FLOPS = {'camera': 105_000_000_000, 'lidar': 3_100_000_000, 'radar': 240_000_000}
_LIGHT = {   # sky, road and land
    'day': ((142, 184, 224), (96, 98, 100), (70, 84, 58)),
    'rain': ((120, 130, 142), (74, 78, 82), (60, 72, 54)),
    'fog': ((190, 194, 198), (150, 152, 154), (140, 146, 138)),
    'night': ((12, 15, 30), (28, 28, 32), (16, 20, 16))}
_LABELS = ('yes', 'no', *map(str, range(11)), *THINGS, 'moving', 'parked', 'stopped',
           'with rider', 'without rider', 'standing')


def invent_run(
    folder: Path, *, records: int = 10_000, bags: int = len(DRIVES), moments_pictured: int = 40,
    controls: bool = True, live: bool = True, seed: int = 0, skill: float = 0.0,
) -> RunFolder:
    """Write a run of about so many records; the same for the same arguments.

    `skill` makes answers right more often, for a run to compare with.
    """
    drives = DRIVES[:bags]
    per_drive = [records // bags + (index < records % bags) for index in range(bags)]
    answers, blind, shuffled, timings = [], [], [], []
    for index, (count, (name, condition)) in enumerate(zip(per_drive, drives)):
        drive = Drive(name, condition, START_NS + index * 3_600_000_000_000, count,
                      random.Random(f'{seed} {name}'), random.Random(f'{skill} {seed} {name}'),
                      skill)
        for record, timing in drive.answers():
            answers.append(record)
            timings.append(timing)
        if controls:
            chance = random.Random(f'{seed} {name} controls')
            mine = answers[-count:]
            blind += [_guessed(record, QUESTION_ONLY, chance) for record in mine]
            shuffled += [_guessed(record, SHUFFLED, chance) for record in mine]
    run = RunFolder(folder)
    run.write_records([*answers, *blind, *shuffled])
    run.write_timings(timings if live else [])
    problems = Problems()
    for line in (17, 403, 951):
        problems.add('a question lies outside the time of the bag',
                     f'questions.jsonl, line {line}')
    problems.add('a message could not be decoded: encoding yuv422_foo',
                 'ring_road_rain, /camera/front, 41.2 s')
    run.write_problems(problems)
    run.write_json('run.json', _described(drives, per_drive, live))
    run.write_json('scores.json', score(run.records(), run.timings()))
    if moments_pictured:
        draw_frames(run, answers, moments_pictured)
    return run


@dataclass
class Drive:
    """One bag with its questions."""

    name: str
    condition: str
    start_ns: int
    count: int
    chance: random.Random    # of the questions
    luck: random.Random      # of the answers
    skill: float

    def answers(self) -> Iterator[tuple[Record, AnswerTiming]]:
        number = moment = 0
        while number < self.count:
            asked = min(self.chance.choice((2, 4, 5, 5, 6, 7)), self.count - number)
            decision = self._decision(moment)
            stamp_ns = self.start_ns + round((moment * MOMENT_S + 0.35) * 1e9)
            for _ in range(asked):
                yield self._answer(number, moment, stamp_ns, decision)
                number += 1
            moment += 1

    def _decision(self, moment: int) -> tuple[Verdict, ...]:
        """Return who is in use: weather comes and goes along the drive."""
        murk = _TROUBLE[self.condition] * 4 * (
            0.6 + 0.6 * math.sin(moment / 23 + len(self.name)))
        blind = murk > 0.33
        reason = {'night': 'too dark: 3 lux', 'fog': 'fog: sight below 40 m',
                  'rain': 'drops on the lens'}.get(self.condition, 'low sun')
        return (Verdict('camera', not blind, reason if blind else 'clear view'),
                Verdict('lidar', True, 'always on'),
                Verdict('radar', murk > 0.2, 'backs up the camera' if murk > 0.2
                        else 'adds nothing by day'))

    def _answer(self, number: int, moment: int, stamp_ns: int, decision: tuple[Verdict, ...]
                ) -> tuple[Record, AnswerTiming]:
        chance, luck = self.chance, self.luck
        kind = chance.choices(tuple(_SKILL), (34, 16, 20, 14, 16))[0]
        text, expected, candidates = _question(kind, chance)
        selected = [one.modality for one in decision if one.selected]
        # Now and then the lidar falls silent for some seconds, and at last all sensors.
        pause = moment % 90 - 40
        used = [name for name in selected
                if not (0 <= pause < 8 and name == 'lidar') and not 5 <= pause < 7]
        plain = Record(
            id=f'{self.name}/questions:{number + 1}', bag=self.name,
            scene=f'{self.name}/{moment // 20}', stamp_ns=stamp_ns, question=text,
            expected=expected, answer='', right=False, type=kind, hop=chance.choice((0, 0, 1)),
            condition=self.condition, candidates=candidates, decision=decision)
        if not used:
            return dataclasses.replace(plain, refusal='lidar: the latents are '
                                       f'{pause - 3.4:.3f} s old, more than max_age_s 1.5'), (
                AnswerTiming(plain.id, total_ms=1.0, round_trip_ms=2.0))
        probability = (_SKILL[kind] + self.skill - _TROUBLE[self.condition]
                       - 0.14 * ('camera' not in used) - 0.1 * ('lidar' not in used)
                       - 0.06 * bool(plain.hop))
        right = luck.random() < probability
        answer = expected if right else luck.choice(
            [one for one in candidates if one != expected])
        ages_s = {name: round(abs(luck.gauss(0.12, 0.05)), 6) for name in used}
        record = dataclasses.replace(
            plain, answer=answer, right=right, scores=_scores(candidates, answer, right, luck),
            note='' if len(used) == len(selected) else 'left out lidar: no latents for 1.5 s',
            modalities=tuple(Use(name, _ENCODERS[name][0], stamp_ns - round(ages_s[name] * 1e9),
                                 ages_s[name], *_ENCODERS[name][1:], _GATES[name])
                             for name in used),
            flops={'encode': sum(_FLOPS[name] for name in used), 'fuse': 41_000_000 * len(used),
                   'answer': 21_000_000_000 + 61_000_000 * len(text)})
        return record, self._timing(record, ages_s)

    def _timing(self, record: Record, ages_s: dict[str, float]) -> AnswerTiming:
        core = self.luck.lognormvariate(math.log(230 + 40 * len(ages_s)), 0.22)
        queue = self.luck.expovariate(1 / 18)
        return AnswerTiming(
            record.id, fuse_ms=0.08 * core, prefill_ms=0.4 * core, score_ms=0.5 * core,
            core_ms=core, queue_ms=queue, total_ms=core + queue + 1.1,
            round_trip_ms=core + queue + 2.7, ages_s=ages_s)


def _question(kind: str, chance: random.Random) -> tuple[str, str, tuple[str, ...]]:
    thing, place = chance.choice(THINGS), chance.choice(PLACES)
    if kind == 'exist':
        return f'Is there a {thing} {place}?', chance.choice(('yes', 'yes', 'no')), ('yes', 'no')
    if kind == 'count':
        number = min(10, int(chance.expovariate(0.6)))
        return (f'How many things like a {thing} are {place}?', str(number),
                tuple(map(str, range(11))))
    if kind == 'object':
        return f'What is the moving thing {place}?', chance.choice(THINGS), _LABELS
    if kind == 'status':
        return (f'What is the status of the {thing} {place}?',
                chance.choice(('moving', 'parked', 'stopped')), ('moving', 'parked', 'stopped'))
    other = chance.choice(THINGS)
    return (f'Does the {thing} {place} have the same status as the {other}?',
            chance.choice(('yes', 'no')), ('yes', 'no'))


def _scores(candidates: tuple[str, ...], answer: str, right: bool, chance: random.Random
            ) -> tuple[float, ...]:
    sure = min(0.995, max(1.2 / len(candidates), chance.betavariate(7, 2) if right
                          else chance.betavariate(3.4, 2.4)))
    weights = [chance.random() ** 2 for _ in candidates]
    rest = sum(weight for one, weight in zip(candidates, weights) if one != answer)
    return tuple(round(sure if one == answer else (1 - sure) * weight / rest, 6)
                 for one, weight in zip(candidates, weights))


def _guessed(record: Record, control: str, chance: random.Random) -> Record:
    hits = _GUESS[record.type] - 0.05 * (control == SHUFFLED)
    right = chance.random() < hits
    answer = record.expected or ''
    if not right:
        answer = chance.choice([one for one in record.candidates if one != record.expected])
    return dataclasses.replace(
        record, control=control, answer=answer, right=right, refusal='', note='', decision=(),
        scores=(), modalities=() if control == QUESTION_ONLY else record.modalities)


def _described(drives: tuple[tuple[str, str], ...], counts: list[int], live: bool
               ) -> dict[str, object]:
    topics = [('/camera/front/compressed', 'sensor_msgs/msg/CompressedImage', 12, 142_000),
              ('/lidar/points', 'sensor_msgs/msg/PointCloud2', 20, 694_000),
              ('/radar/returns', 'sensor_msgs/msg/PointCloud2', 13, 3_900),
              ('/tf', 'tf2_msgs/msg/TFMessage', 50, 120)]
    bags = []
    for index, ((name, _), count) in enumerate(zip(drives, counts)):
        lasts_s = count / 4.83 + 4
        bags.append({
            'name': name, 'path': f'/bags/{name}', 'start_ns': START_NS + index * 3_600 * 10**9,
            'duration_s': lasts_s, 'messages': round(lasts_s * 95), 'questions': count,
            'topics': [{'topic': topic, 'type': kind, 'messages': round(lasts_s * rate_hz),
                        'bytes': round(lasts_s * rate_hz * size)}
                       for topic, kind, rate_hz, size in topics]})
    hashes = {name: f'{number:02x}' * 32 for number, name in enumerate(_ENCODERS, 161)}
    return {
        'schema': 1, 'name': 'autumn drives, three sensors', 'path': 'live' if live else 'offline',
        'configuration': 'vehicle.yaml', 'version': '0.1.0',
        'parameters': {'llm': {'model': 'smollm2-135m-instruct', 'max_age_s': 1.5}},
        'model': {'id': 'smollm2-135m-instruct', 'weights_hash': 'd8' * 32, 'dtype': 'float32',
                  'blocks': 30, 'connected_blocks': 4},
        'connectors': {name: {'encoder_id': _ENCODERS[name][0], 'weights_hash': hashes[name]}
                       for name in _ENCODERS},
        'encoders': {name: {'id': _ENCODERS[name][0], 'weights_hash': hashes[name],
                            'trained': name != 'radar'} for name in _ENCODERS},
        'bags': bags, 'questions': [{'path': '/bags/questions.jsonl', 'count': sum(counts)}],
        'options': {'settle_s': 0.1, 'controls': [QUESTION_ONLY, SHUFFLED]}}


def draw_frames(run: RunFolder, records: list[Record], moments: int) -> None:
    """Draw the moments of some wrong answers: a road, a ring of ranges, a top view."""
    wrong = [record for record in records if record.right is False and not record.refusal]
    stamps = list(dict.fromkeys(record.stamp_ns for record in wrong))
    chosen = set(stamps[::max(1, len(stamps) // moments)][:moments])
    run.frames_path.mkdir(parents=True, exist_ok=True)
    index, drawn = {}, {}
    for record in wrong:
        if record.stamp_ns not in chosen:
            continue
        if record.stamp_ns not in drawn:
            drawn[record.stamp_ns] = _moment(run.frames_path, len(drawn), record.condition)
        index[record.id] = {'pictures': drawn[record.stamp_ns]}
    run.write_json('frames/index.json', index)


def _moment(folder: Path, number: int, condition: str) -> list[dict[str, object]]:
    chance = random.Random(number)
    pictures = {'front': _road(chance, condition), 'top_view': _from_above(chance),
                'lidar_range': _ranges(chance)}
    described = []
    for name, picture in pictures.items():
        file = f'm{number:04d}_{name}.jpg'
        picture.save(folder / file, quality=80)
        described.append({'name': name, 'file': file, 'width': picture.width,
                          'height': picture.height})
    return described


def _road(chance: random.Random, condition: str) -> Image.Image:
    sky, road, land = _LIGHT.get(condition, _LIGHT['day'])
    picture = Image.new('RGB', (640, 360), sky)
    canvas = ImageDraw.Draw(picture)
    canvas.rectangle((0, 180, 640, 360), fill=land)
    canvas.polygon([(300, 180), (340, 180), (620, 360), (20, 360)], fill=road)
    for step in range(6):
        near = 1.0 / (1 + step)
        canvas.line([(320, 180 + 170 * near), (320, 180 + 120 * near)], fill=(230, 230, 220),
                    width=max(1, round(7 * near)))
    for _ in range(chance.randrange(2, 6)):
        near = chance.uniform(0.15, 0.8)
        x, y, size = 320 + chance.uniform(-300, 300) * near, 180 + 150 * near, 90 * near
        color = tuple(chance.randrange(30, 230) for _ in range(3))
        canvas.rectangle((x - size, y - size * 0.8, x + size, y), fill=color)
        canvas.rectangle((x - 0.7 * size, y - size * 1.2, x + 0.7 * size, y - size * 0.8),
                         fill=tuple(value // 2 for value in color))
    return picture


def _from_above(chance: random.Random) -> Image.Image:
    dice = np.random.default_rng(chance.randrange(1 << 30))
    turns, reach = dice.uniform(0, 2 * math.pi, 3000), np.abs(dice.normal(0, 110, 3000))
    places = 240 + reach[:, None] * np.stack([np.sin(turns), np.cos(turns)], axis=1)
    inside = (places >= 0).all(axis=1) & (places < 480).all(axis=1)
    rows, columns = places[inside].astype(int).T
    pixels = np.full((480, 480, 3), (14, 17, 22), np.uint8)
    pixels[rows, columns] = (90, 200, 210)
    picture = Image.fromarray(pixels)
    canvas = ImageDraw.Draw(picture)
    for radius in (60, 120, 180, 240):
        canvas.ellipse((240 - radius, 240 - radius, 240 + radius, 240 + radius),
                       outline=(58, 66, 78))
    canvas.polygon([(240, 228), (248, 250), (232, 250)], fill=(255, 255, 255))
    return picture


def _ranges(chance: random.Random) -> Image.Image:
    walls = np.interp(np.arange(640) / 16, np.arange(41),
                      [chance.uniform(20, 120) for _ in range(41)])
    near = np.clip(np.arange(128)[:, None] - walls, 0, None)[..., None] / 128   # [128, 640, 1]
    pixels = np.full((144, 640, 3), (14, 17, 22), np.uint8)
    pixels[:128] = np.array([60, 200, 200]) + near * np.array([190, -110, -160])
    return Image.fromarray(pixels)
