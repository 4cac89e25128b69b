# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A training from its file to connectors with a card, over any number of stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import dataclasses
import json
from pathlib import Path
import shutil
import signal
import threading
from typing import Any

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.training_config import TrainingDiverged
from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.record import to_line
from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.card import card
from mpnp_ros.training.checkpoint import Checkpoints
from mpnp_ros.training.config import TrainingFile
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.held_out import judge
from mpnp_ros.training.labelled import Labelled
from mpnp_ros.training.prepared import prepare, Prepared
from mpnp_ros.training.trained_folder import write_trained
from mpnp_ros.training.training_log import TrainingLog
from mpnp_ros.training.whole_file import write_bytes

CONNECTORS, CHECKPOINTS, LOG, RECORDS = 'connectors', 'checkpoints', 'log.jsonl', 'held_out.jsonl'


class Run:
    """One training into a folder.

    Raises TrainError, TrainingDiverged and what loading models and reading bags raises;
    KeyboardInterrupt after an interrupt, when what was done so far is saved.
    """

    def __init__(self, config: TrainingFile, out: Path, processes: Accelerated, *, cache: Path,
                 resume: bool = False, overwrite: bool = False,
                 command: Sequence[str] = ()) -> None:
        self._config, self._out, self._processes = config, out, processes
        self._command, self._cache = command, cache
        self.problems = Problems()
        if processes.main:
            _claim(out, resume=resume, overwrite=overwrite)
        self._resume = resume

    def run(self) -> dict[str, Any]:
        """Train what is left, judge and write; return the scores, {} where nothing is held out."""
        prepared = prepare(self._config, self._cache, self._processes, self.problems)
        checkpoints = Checkpoints(self._out / CHECKPOINTS, prepared.made_from())
        state = checkpoints.newest(self.problems) if self._resume else None
        training = prepared.training(
            self._processes, None if state is None else state.numbers['reduced'])
        if state is not None:
            training.restore(state)
        log = self._log(training.step)
        try:
            self._train(prepared, training, checkpoints, log)
            return self._finish(prepared, training, log)
        except TrainingDiverged as error:
            if log is not None:
                log.told('diverged', training.step, error=str(error))
            raise TrainError(f'{error}. The checkpoint before is kept; another rate is another '
                             'training, with another --out') from error
        finally:
            if log is not None:
                log.close()
            if prepared.lora is not None:
                prepared.lora.detach()

    def _log(self, step: int) -> TrainingLog | None:
        if not self._processes.main:
            return None
        return TrainingLog(
            self._out / LOG, step=step,
            tensorboard=self._out / 'tensorboard' if self._config.tensorboard else None)

    def _train(self, prepared: Prepared, training: ConnectorTraining, checkpoints: Checkpoints,
               log: TrainingLog | None) -> None:
        every, steps = self._config.held_out.every, training.config.steps
        with _stop_between_steps(self._processes.size == 1) as stop:
            while not training.finished:
                training.advance()
                step = training.step
                if log is not None:
                    log.step(step, steps, training.means.loss, training.means.accuracy,
                             training.seconds)
                if step % self._config.save_every == 0 or training.finished or stop.is_set():
                    self._save(checkpoints, training)
                if stop.is_set() and not training.finished:
                    raise KeyboardInterrupt
                if log is not None and every and step % every == 0 and not training.finished:
                    few = _spread(prepared.held_out, self._config.held_out.most)
                    self._judge(prepared, few, step, log)

    def _save(self, checkpoints: Checkpoints, training: ConnectorTraining) -> None:
        failed: TrainError | None = None
        state = training.state()     # every process finds a bad weight by itself
        if self._processes.main:
            try:
                checkpoints.save(state)
            except TrainError as error:
                failed = error
        if not self._processes.agree(failed is None):
            raise failed or TrainError('the first process could not save a checkpoint')

    def _judge(self, prepared: Prepared, held_out: Sequence[Labelled], step: int,
               log: TrainingLog) -> tuple[dict[str, Any], list[Any]]:
        """Return scores and records, {} and none where nothing is held out."""
        if not held_out:
            return {}, []
        given = self._config.held_out
        if prepared.lora is not None:
            prepared.llm.forget()
        records = judge(Answerer(prepared.llm, prepared.connectors), held_out, given.controls,
                        batch=given.batch, max_new_tokens=prepared.llm_tokens,
                        seed=self._config.training.seed)
        scores = score(records)
        kinds = {'all': scores['overall'], **scores['by']['type']}
        log.told('held_out', step, questions=len(held_out), accuracy={
            name: figure['accuracy'] for name, figure in kinds.items()}, controls={
            name: control['overall']['accuracy']
            for name, control in scores['controls'].items()})
        log.scalars(step, {f'held_out/{name}': figure['accuracy']
                           for name, figure in kinds.items()})
        return scores, records

    def _finish(self, prepared: Prepared, training: ConnectorTraining,
                log: TrainingLog | None) -> dict[str, Any]:
        if log is None:
            return {}
        scores, records = self._judge(prepared, prepared.held_out, training.step, log)
        moments = {id(latents): one.encode_flops for one in (*prepared.learned, *prepared.held_out)
                   for latents in list(one.sample.latents.values())[:1]}
        trained = {**training.summary(), 'processes': self._processes.size,
                   'encode_flops': sum(moments.values()),
                   'step_flops': _step_flops(training) if self._processes.size == 1 else None}
        for modality in prepared.connectors.modalities:
            prepared.connectors.training_summary[modality] = {
                **trained, 'name': self._config.name, 'command': list(self._command),
                'held_out': scores.get('overall')}
        text = card(prepared, trained, scores, self._command)
        write_trained(self._out / CONNECTORS, prepared.connectors, prepared.lora, text, scores)
        write_bytes(self._out / RECORDS, ''.join(
            f'{to_line(record)}\n' for record in records).encode())
        write_bytes(self._out / 'problems.json', json.dumps(
            [dataclasses.asdict(one) for one in self.problems], indent=1).encode())
        log.told('finished', training.step, seconds=round(training.seconds, 3))
        return scores


def _claim(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Make the folder this training's own; raises TrainError where another one left its work."""
    begun = list((out / CHECKPOINTS).glob('step_*.safetensors'))
    finished = (out / CONNECTORS).is_dir()
    if overwrite:
        for name in (CONNECTORS, CHECKPOINTS, 'tensorboard'):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in (LOG, RECORDS):
            (out / name).unlink(missing_ok=True)
    elif (begun or finished) and not resume:
        raise TrainError(f'{out} holds {"a finished" if finished else "an unfinished"} training: '
                         '--resume goes on with it, --overwrite begins again, --out names another '
                         'folder')
    out.mkdir(parents=True, exist_ok=True)


def _spread(labelled: Sequence[Labelled], most: int) -> list[Labelled]:
    """Return at most so many, evenly out of all."""
    count = min(most, len(labelled))
    return [labelled[index * len(labelled) // count] for index in range(count)]


def _step_flops(training: ConnectorTraining) -> int:
    training.gradients()        # what is kept afterwards is computed now
    with counter() as counted:
        training.gradients()
    return int(counted.get_total_flops())


@contextmanager
def _stop_between_steps(wanted: bool) -> Iterator[threading.Event]:
    """Turn an interrupt or a request to terminate into a flag, so that no step is torn."""
    stop = threading.Event()
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, lambda *_: stop.set())
              for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
