# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Ask the demo drive's questions through the suite's services and print what came back."""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import Trigger

from mpnp_ros import shipped
from mpnp_ros.evaluation.record import same_answer
from mpnp_ros.msg import ModalityDecision, ModalityStatus
from mpnp_ros.nodes.parameters import declare_parameters, parameter
from mpnp_ros.nodes.stamps import stamp_from
from mpnp_ros.nodes.visitor import run_visit, say, VisitFailed, Visitor
from mpnp_ros.srv import GetModalities, Query, Seek, SetModalities


@dataclass(frozen=True)
class DemoParameters:
    """Parameters of `demo_node`."""

    questions: str = parameter('', 'Questions of the drive, one JSON object a line; those with '
                               '"demo": true are asked. Empty: those of the shipped drive.')
    timeout_s: float = parameter(120.0, 'Give up when the suite is not ready after this time, s.',
                                 minimum=1.0, maximum=3600.0)
    settle_s: float = parameter(0.3, 'Ask this long after the stamp of a question, so that the '
                                'latents of its frame have arrived, bag s.',
                                minimum=0.0, maximum=10.0)


SERVICES = {'query': Query, 'get_modalities': GetModalities, 'set_modalities': SetModalities,
            'replay/pause': Trigger, 'replay/resume': Trigger, 'replay/seek': Seek}


class Demo(Visitor):
    """A visitor of the suite: waits for it, plays the drive, asks, unplugs, asks again.

    The drive is held while a question is asked, so that slow machines see the same frames.
    """

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self._given = declare_parameters(node, DemoParameters)
        super().__init__(node, executor, self._given.timeout_s, SERVICES)
        self._start_ns = 0
        self._needed: set[str] = set()

    def run(self) -> bool:
        """Play the demo and tell whether every answer was right."""
        path = Path(self._given.questions or shipped.world_drive() / 'questions.jsonl')
        asked = [one for one in map(json.loads, path.read_text(encoding='utf-8').splitlines())
                 if one.get('demo')]
        if not asked:
            raise VisitFailed(f'{path} holds no question with "demo": true')
        self._needed = {name for question in asked
                        for name in (*question.get('needs', ()), *question.get('needs_any', ()))}
        self._wait_for_suite()
        say('')
        right = [self._play_to_and_ask(question) for question in asked]
        say(f'{sum(right)} of {len(right)} steps as expected.')
        return all(right)

    def _wait_for_suite(self) -> None:
        say('waiting for the nodes: the language model and the encoders load their weights ...')
        self.wait_for_services()
        plugged = self.until(self._plugged_in, 'a modality in use')
        self.until(lambda: self.bag_ns, 'the clock of the drive')
        self._start_ns = self.bag_ns
        self.until(self._listening, 'the encoders to listen to their sensors')
        say(f'modalities in use: {", ".join(plugged)}')

    def _plugged_in(self) -> list[str]:
        """Return the modalities in use, once all that the questions need are among them."""
        used = in_use(self.call('get_modalities', GetModalities.Request()).decision)
        return used if len(used) > 1 and self._needed <= set(used) else []

    def _listening(self) -> bool:
        """Tell whether the encoder of every modality in use has subscribed to its sensor."""
        reply = self.call('get_modalities', GetModalities.Request())
        used = in_use(reply.decision)
        return all(status.state != ModalityStatus.IDLE
                   for status in reply.catalogue if status.modality in used)

    def _play_to_and_ask(self, question: dict[str, Any]) -> bool:
        target_ns = int(question['stamp_ns']) + round(self._given.settle_s * 1e9)
        if self.bag_ns < target_ns:
            self.call('replay/resume', Trigger.Request())
            self.until(lambda: self.bag_ns >= target_ns, 'the stamp of the question')
            self.call('replay/pause', Trigger.Request())
        everything = in_use(self.call('get_modalities', GetModalities.Request()).decision)
        seconds = (int(question['stamp_ns']) - self._start_ns) / 1e9
        say(f'at {seconds:.1f} s  {question["question"]}')
        answer = self._ask(question['question'], everything)
        right = same_answer(answer.text, question['answer'])
        report(answer, f'{"right" if right else "WRONG, expected " + question["answer"]}')
        if question.get('type') == 'color':
            right &= self._ask_without('camera', question, everything)
        say('')
        return right

    def _ask_without(self, modality: str, question: dict[str, Any], everything: list[str]) -> bool:
        """Unplug a modality, ask again, plug it in again; the answer must be lost with it."""
        rest = [name for name in everything if name != modality]
        self.call('set_modalities', SetModalities.Request(modalities=rest))
        say(f'          the same with the {modality} unplugged:')
        answer = self._ask(question['question'], rest)
        lost = not same_answer(answer.text, question['answer'])
        report(answer, f'{"no longer answerable, as it should be" if lost else "STILL ANSWERED"}')
        self.call('set_modalities', SetModalities.Request(modalities=everything))
        return lost

    def _play_again(self) -> None:
        """Play what led to this moment once more; the drive is held then as it was before."""
        here_ns = self.bag_ns
        self.call('replay/seek', Seek.Request(
            time=stamp_from(max(self._start_ns, here_ns - 2_000_000_000))))
        self.until(lambda: self.bag_ns < here_ns, 'the drive to go back')
        self.call('replay/resume', Trigger.Request())
        self.until(lambda: self.bag_ns >= here_ns, 'the moment of the question')
        self.call('replay/pause', Trigger.Request())

    def _ask(self, question: str, modalities: list[str]) -> Query.Response:
        """Ask until exactly these modalities took part: latents may still be on their way."""
        replies: list[Query.Response] = []

        def settled() -> Query.Response | None:
            reply = self.call('query', Query.Request(question=question))
            replies.append(reply)
            if not reply.success:
                raise VisitFailed(f'the question was refused: {reply.message}')
            used = sorted(use.modality for use in reply.modalities)
            return reply if used == modalities else None

        what = f'an answer with {", ".join(modalities)}'
        try:
            return self.until(settled, what, 10.0)
        except VisitFailed:
            # Middleware finds its partners in its own time: what came before that is lost.
            self._play_again()
        try:
            return self.until(settled, what, 30.0)
        except VisitFailed as failed:
            words = replies[-1].message if replies else 'no reply'
            raise VisitFailed(f'{failed}; the last reply said: {words}') from failed


def in_use(decision: ModalityDecision) -> list[str]:
    """Return the selected modalities, sorted."""
    return sorted(name for name, yes in zip(decision.modalities, decision.selected) if yes)


def report(answer: Query.Response, verdict: str) -> None:
    """Print an answer, what it was made of and what it cost."""
    timing = answer.timing
    used = ', '.join(f'{use.modality} ({use.tokens} tokens, {use.age_s:.2f} s old)'
                     for use in answer.modalities) or 'no sensor'
    say(f'          "{answer.text}"  {verdict}')
    say(f'          used {used}; {timing.core_ms:.0f} ms: fusing {timing.fuse_ms:.0f}, '
        f'prompt {timing.prefill_ms:.0f}, answer {timing.decode_ms:.0f}')


def main(args: list[str] | None = None) -> None:
    """Run the demo; exits with 0 when every step was as expected."""
    run_visit('demo', lambda node, executor: Demo(node, executor).run(), args)


if __name__ == '__main__':
    main()
