# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The shape that every node of the suite shares: parameters, life cycle, diagnostics, main."""

from __future__ import annotations

from collections.abc import Callable
import signal
import threading
import traceback
from typing import Any, ClassVar, TypeVar

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from lifecycle_msgs.msg import State
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions
from rclpy.timer import Timer

from mpnp_ros.nodes.parameters import LiveParameters
from mpnp_ros.suite.parameter import autostart_parameter

__all__ = ['autostart_parameter', 'ManagedNode', 'run', 'shut_down']

E = TypeVar('E')


class ManagedNode(LifecycleNode):
    """A lifecycle node whose subclasses say what to set up, start, stop and tear down.

    `_setup` loads and creates what lasts (configure), `_start` and `_stop` open and close the
    flow of data (activate, deactivate), `_teardown` undoes `_setup` and must accept a half-done
    one: it serves cleanup, shutdown and errors alike. What either hands to `own` is destroyed
    after its counterpart has run. Failures are logged here, because rclpy swallows exceptions
    of transition callbacks.
    """

    Parameters: ClassVar[type[Any]]

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._live = LiveParameters(self, self.Parameters)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.last_error = ''
        self._configured: list[Callable[[], Any]] = []
        self._activated: list[Callable[[], Any]] = []
        self._scope = self._configured
        self.diagnostics = diagnostic_updater.Updater(self)
        self.diagnostics.setHardwareID(self.get_fully_qualified_name())
        self.diagnostics.add('life cycle', self._diagnose_life_cycle)

    @property
    def parameters(self) -> Any:
        """Return the parameters as they are now."""
        return self._live.values

    @property
    def active(self) -> bool:
        """Tell whether the node is in the primary state 'active'."""
        return bool(self._state_machine.current_state[0] == State.PRIMARY_STATE_ACTIVE)

    def _setup(self) -> None:
        """Load and create what lasts until cleanup."""

    def _start(self) -> None:
        """Open the flow of data."""

    def _stop(self) -> None:
        """Close the flow of data."""

    def _teardown(self) -> None:
        """Undo `_setup`, also one that failed half-way."""

    def own(self, entity: E, destroy: Callable[[E], Any]) -> E:
        """Destroy an entity with the state it was made for: active or configured."""
        self._scope.append(lambda: destroy(entity))
        return entity

    def steady_timer(self, period_s: float, callback: Callable[[], None]) -> Timer:
        """Own a timer on the steady clock: it fires while a replayed clock stands still."""
        return self.own(
            self.create_timer(period_s, callback, clock=self._steady), self.destroy_timer)

    def call_soon(self, function: Callable[..., None], *args: Any) -> None:
        """Run `function(*args)` on the executor's thread; any thread may ask for it."""
        def run() -> None:
            try:
                function(*args)
            except Exception:  # a task's exception would otherwise vanish in its future
                self.get_logger().error(traceback.format_exc())

        executor = self.executor
        if executor is not None:
            executor.create_task(run)

    def bring_up(self) -> None:
        """Configure and activate; what fails is logged and shown in the diagnostics."""
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Set up, or undo a set-up that failed half-way."""
        self._scope = self._configured
        result = self._attempt('configure', self._setup)
        if result != TransitionCallbackReturn.SUCCESS:
            self._let_go()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the flow of data."""
        super().on_activate(state)
        self._scope = self._activated
        result = self._attempt('activate', self._start)
        if result != TransitionCallbackReturn.SUCCESS:
            self.on_deactivate(state)
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the flow of data."""
        self._close(self._stop, self._activated)
        super().on_deactivate(state)
        return TransitionCallbackReturn.SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of all that the set-up made."""
        self._let_go()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and let go, from any state."""
        self._close(self._stop, self._activated)
        self._let_go()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go after an error, so that the node can be configured again."""
        return self.on_shutdown(state)

    def _let_go(self) -> None:
        self._close(self._teardown, self._configured)

    def _close(self, action: Callable[[], None], owned: list[Callable[[], Any]]) -> None:
        """Run `action` and destroy what is owned; one failure must not keep the rest alive."""
        for step in (action, *reversed(owned)):
            try:
                step()
            except Exception:
                self.get_logger().error(f'while closing:\n{traceback.format_exc()}')
        owned.clear()

    def _attempt(self, what: str, action: Callable[[], None]) -> TransitionCallbackReturn:
        try:
            action()
        except (ValueError, OSError) as error:  # bad configuration: its text is the whole story
            self.get_logger().error(f'cannot {what}: {error}')
            self.last_error = f'cannot {what}: {error}'
            return TransitionCallbackReturn.FAILURE
        except Exception as error:
            self.get_logger().error(f'cannot {what}:\n{traceback.format_exc()}')
            self.last_error = f'cannot {what}: {type(error).__name__}: {error}'
            return TransitionCallbackReturn.FAILURE
        self.last_error = ''
        return TransitionCallbackReturn.SUCCESS

    def _diagnose_life_cycle(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        label = self._state_machine.current_state[1]
        if self.last_error:
            status.summary(DiagnosticStatus.ERROR, self.last_error)
        else:
            status.summary(DiagnosticStatus.OK, label)
        status.add('state', label)
        return status


def run(node_class: Callable[[], ManagedNode], args: list[str] | None = None) -> None:
    """Run one node until it is told to stop; the body of every node's `main`."""
    # rclpy's own handlers would invalidate the context before the node could say that it leaves.
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    executor = SingleThreadedExecutor()
    node = None
    try:
        node = node_class()
        executor.add_node(node)
        if node.parameters.autostart:
            executor.create_task(node.bring_up)
        while not stopping.is_set():
            executor.spin_once(timeout_sec=0.2)  # Python handles a signal between two waits
    except ExternalShutdownException:
        pass
    except ValueError as error:  # a parameter that cannot be used
        rclpy.logging.get_logger('mpnp_ros').fatal(str(error))
        raise SystemExit(2) from error
    finally:
        if node is not None:
            shut_down(node)
        executor.shutdown()
        rclpy.try_shutdown()


def shut_down(node: ManagedNode) -> None:
    """Stop a node's threads and free its entities, whatever state it is in."""
    node.on_shutdown(LifecycleState(
        state_id=State.TRANSITION_STATE_SHUTTINGDOWN, label='shuttingdown'))
    node.destroy_node()
