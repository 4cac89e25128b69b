# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Make the demo drive that comes with the package, and with --train its connectors.

    python -m mpnp_ros.world.demo            # data/demo_drive
    python -m mpnp_ros.world.demo --train    # also data/connectors, from simulated scenes

Everything follows from mpnp_ros.world.demo_plan; needs mujoco, rosbags and off-screen OpenGL.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import dataclasses
import json
import os
from pathlib import Path
import platform
import shutil
import sys
import time

import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.weights import WeightsError
from mpnp_ros.world import demo_plan
from mpnp_ros.world.bag import write_bag
from mpnp_ros.world.card import card
from mpnp_ros.world.corpus import Case, load_cases
from mpnp_ros.world.dataset import BAG, QUESTIONS, record_scenes
from mpnp_ros.world.encoding import encode_directories, SensorEncoders
from mpnp_ros.world.judge import Judge, report
from mpnp_ros.world.progress import ProgressLine
from mpnp_ros.world.question_file import AskedAt, read_questions, write_questions
from mpnp_ros.world.questions import ask
from mpnp_ros.world.renderer import NoGraphics
from mpnp_ros.world.sensors import RIG
from mpnp_ros.world.training import choose_demo, train

DATA = Path(__file__).resolve().parents[1] / 'data'


def make_drive(directory: Path) -> None:
    """Record the demo drive with its questions, replacing what was there."""
    unfinished = directory.with_name(directory.name + '.part')
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    line = ProgressLine('drive')
    frames = []
    for frame in demo_plan.DRIVE.frames():
        frames.append(frame)
        line(len(frames), len(demo_plan.DRIVE.times))
    stamps = write_bag(unfinished / BAG, RIG, frames, demo_plan.START_NS)
    write_questions(unfinished / QUESTIONS, [
        AskedAt(stamp_ns, question)
        for stamp_ns, frame in zip(stamps, frames) for question in ask(frame.sightings)])
    shutil.rmtree(directory, ignore_errors=True)
    unfinished.rename(directory)


def make_connectors(
    directory: Path, work: Path, processes: int, train_seeds: Sequence[int],
    held_out_seeds: Sequence[int],
) -> Connectors:
    """Record scenes, train the connectors on them, judge them on held-out ones, and save."""
    began = time.perf_counter()
    parts = {
        name: record_scenes(work / name, seeds, processes, ProgressLine(f'{name} scenes'))
        for name, seeds in (('held-out', held_out_seeds), ('training', train_seeds))}
    recorded = time.perf_counter()
    for name, given in parts.items():
        encode_directories(given, processes, ProgressLine(f'{name} latents, parts of scenes'))
    encoded = time.perf_counter()
    encoders = SensorEncoders()
    llm = LanguageModel.load(demo_plan.LLM)
    cases = load_cases(parts['training'], encoders)
    line = ProgressLine('training')

    def on_step(step: int, steps: int, loss: float, accuracy: float, _: float) -> None:
        line(step, steps, f'loss {loss:.3f}, right {accuracy:.3f}')

    connectors = train(
        llm, encoders.sources(), cases, demo_plan.TRAINING,
        connected_blocks=demo_plan.CONNECTED_BLOCKS, hidden=demo_plan.HIDDEN,
        system_prompt=demo_plan.SYSTEM_PROMPT, progress=on_step)
    trained = time.perf_counter()
    connectors.save(directory)
    held_out = load_cases(parts['held-out'], encoders)
    scores = report(Judge(llm, connectors, held_out), held_out)
    scores['training'] = {
        'scenes': len(train_seeds), 'questions': len(cases),
        **dataclasses.asdict(demo_plan.TRAINING),
        'connected_blocks': demo_plan.CONNECTED_BLOCKS, 'hidden': demo_plan.HIDDEN,
        'seconds': {'record': round(recorded - began), 'encode': round(encoded - recorded),
                    'train': round(trained - encoded),
                    'judge': round(time.perf_counter() - trained)},
        'machine': f'{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}',
    }
    _write_scores(directory, scores)
    return connectors


def mark_demo(drive: Path, connectors_directory: Path) -> None:
    """Mark the drive's demo questions and add the connectors' scores on the drive.

    Raises ValueError where the connectors do not answer three questions right.
    """
    encoders = SensorEncoders()
    encode_directories([drive])
    cases = load_cases([drive], encoders, balanced=False)
    for latents in drive.glob('latents_*.safetensors'):
        latents.unlink()  # they are made from the bag in a second
    llm = LanguageModel.load(demo_plan.LLM)
    connectors = Connectors.load(connectors_directory, llm)
    chosen = choose_demo(Answerer(llm, connectors), cases)
    asked = read_questions(drive / QUESTIONS)
    marked = {(case.stamp_ns, case.question.text) for case in chosen}
    write_questions(drive / QUESTIONS, [
        dataclasses.replace(item, demo=(item.stamp_ns, item.question.text) in marked)
        for item in asked])
    scores = json.loads((connectors_directory / 'scores.json').read_text(encoding='utf-8'))
    scores['drive'] = report(Judge(llm, connectors, cases), cases)
    _write_scores(connectors_directory, scores)
    _print_chosen(chosen)


def _print_chosen(chosen: Sequence[Case]) -> None:
    for case in chosen:
        seconds = (case.stamp_ns - demo_plan.START_NS) / 1e9
        print(f'{seconds:5.1f} s  {case.question.text}  {case.question.answer}')


def _write_scores(directory: Path, scores: dict[str, object]) -> None:
    text = json.dumps(scores, indent=1)
    (directory / 'scores.json').write_text(text + '\n', encoding='utf-8')
    (directory / 'CARD.md').write_text(card(scores), encoding='utf-8')


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see --help)."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or '').split('\n', 1)[0], prog='python -m mpnp_ros.world.demo')
    parser.add_argument('--train', action='store_true', help='train the connectors too')
    parser.add_argument('--output', type=Path, default=DATA, help='default: %(default)s')
    parser.add_argument(
        '--work', type=Path, default=Path('build/world'),
        help='scenes and their latents, kept for the next time; default: %(default)s')
    parser.add_argument('--processes', type=int, default=os.cpu_count() or 1)
    parser.add_argument('--scenes', type=int, default=len(demo_plan.TRAIN_SEEDS),
                        help='training scenes, default: %(default)s')
    parser.add_argument('--held-out', type=int, default=len(demo_plan.HELD_OUT_SEEDS),
                        help='held-out scenes, default: %(default)s')
    options = parser.parse_args(arguments)
    drive, connectors = options.output / 'demo_drive', options.output / 'connectors'
    try:
        make_drive(drive)
        if options.train:
            make_connectors(
                connectors, options.work, options.processes,
                demo_plan.TRAIN_SEEDS[: options.scenes],
                demo_plan.HELD_OUT_SEEDS[: options.held_out])
        if list(connectors.glob('*.safetensors')):
            mark_demo(drive, connectors)
    except (NoGraphics, WeightsError, ValueError) as error:
        print(f'mpnp_ros.world.demo: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
