# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces on this host, and between them a link of a given rate, delay and loss.

The link is this file run as a process of its own: it makes the namespaces 'robot' and 'base' with
a TAP device in each and carries their Ethernet frames. Nothing of it has a name outside, so all of
it is gone with the process, and the host's own network is never touched. Linux; needs root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import ctypes
from dataclasses import asdict
import errno
import fcntl
import json
import os
from pathlib import Path
import select
import socket
import struct
import subprocess
import sys
import time
from types import TracebackType

sys.path.insert(1, str(Path(__file__).parent))   # beside this file, wherever it is loaded from

from wire import Counts, Shape, Wire  # noqa: E402

ADDRESSES = {'robot': '10.77.0.1', 'base': '10.77.0.2'}   # within the namespaces alone
_MASK = '255.255.255.0'
_DEVICE = b'link'

_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x0001
_SIOCSIFADDR, _SIOCSIFNETMASK = 0x8916, 0x891C
_FRAME = 65536
_READ_AT_ONCE = 64


class LinkUnavailable(Exception):
    """This machine cannot have such a link; says why."""


class ShapedLink:
    """The link while it is up: `with ShapedLink(Shape()) as link`.

    Raises LinkUnavailable where namespaces or TAP devices cannot be had.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), json.dumps(asdict(shape))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._namespaces: dict[str, str] = {}
        answer = self._read()
        if 'problem' in answer:
            self.close()
            raise LinkUnavailable(answer['problem'])
        self._namespaces = {
            end: f'/proc/{self._process.pid}/fd/{number}' for end, number in answer.items()}

    def __enter__(self) -> ShapedLink:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None,
                 _trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def inside(self, end: str) -> Iterator[None]:
        """Let this thread, and those it starts, open their sockets at one end of the link."""
        with open('/proc/thread-self/ns/net', 'rb') as before:
            with open(self._namespaces[end], 'rb') as namespace:
                _enter(namespace.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def command(self, end: str, command: Sequence[str]) -> list[str]:
        """Return the command line that runs a command at one end of the link."""
        return ['nsenter', f'--net={self._namespaces[end]}', '--', *command]

    def counts(self) -> dict[str, Counts]:
        """Return what each end has sent so far and what became of it."""
        assert self._process.stdin is not None
        self._process.stdin.write('counts\n')
        self._process.stdin.flush()
        return {end: Counts(**fields) for end, fields in self._read().items()}

    def close(self) -> None:
        """Take the link down; its namespaces go with the last process inside."""
        self._process.communicate()   # closes its input, at which it ends

    def _read(self) -> dict:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise LinkUnavailable(f'the link has ended with status {self._process.wait()}')
        return json.loads(line)


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), 'setns')


def _leave_for_a_new_one() -> int:
    """Enter a new network namespace and return a descriptor that keeps it."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), 'a new network namespace needs root')
    return os.open('/proc/thread-self/ns/net', os.O_RDONLY)


def _open_device(address: str) -> int:
    """Return the descriptor of a TAP device, up in the present namespace, as is 'lo'."""
    # Neighbours that IPv6 looks for would be frames that no test has sent.
    disable = Path('/proc/sys/net/ipv6/conf/all/disable_ipv6')
    if disable.exists():
        disable.write_text('1', encoding='ascii')
    try:
        tap = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise OSError(error.errno, 'no TAP devices: /dev/net/tun') from error
    fcntl.ioctl(tap, _TUNSETIFF, struct.pack('16sH22x', _DEVICE, _IFF_TAP | _IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, _MASK)):
            fcntl.ioctl(control, request, struct.pack(
                '16sHH4s16x', _DEVICE, socket.AF_INET, 0, socket.inet_aton(value)))
        for device in (_DEVICE, b'lo'):
            flags = struct.unpack('16sH22x', fcntl.ioctl(
                control, _SIOCGIFFLAGS, struct.pack('16sH22x', device, 0)))[1]
            fcntl.ioctl(control, _SIOCSIFFLAGS,
                        struct.pack('16sH22x', device, flags | _IFF_UP))
    return tap


def _carry(shape: Shape) -> None:
    """Make both ends, tell their descriptors, and carry frames until standard input ends."""
    namespaces, taps, wires = {}, {}, {}
    try:
        for end, address in ADDRESSES.items():
            namespaces[end] = _leave_for_a_new_one()
            taps[end], wires[end] = _open_device(address), Wire(shape, end)
    except OSError as error:
        print(json.dumps({'problem': f'{error.strerror}: {errno.errorcode[error.errno or 0]}'}),
              flush=True)
        return
    print(json.dumps(namespaces), flush=True)
    robot, base = taps['robot'], taps['base']
    across = {robot: (base, wires['robot']), base: (robot, wires['base'])}
    while True:
        due_s = min((wire.next_s for wire in wires.values() if wire.next_s is not None),
                    default=None)
        wait_s = None if due_s is None else max(due_s - time.monotonic(), 0.0)
        ready, _, _ = select.select([sys.stdin, *across], [], [], wait_s)
        if sys.stdin in ready:
            if not sys.stdin.readline():
                return
            print(json.dumps({end: asdict(wire.counts) for end, wire in wires.items()}),
                  flush=True)
        for tap, (_, wire) in across.items():
            if tap in ready:
                _take_in(tap, wire)
        now_s = time.monotonic()
        for other, wire in across.values():
            for frame in wire.take(now_s):
                os.write(other, frame)


def _take_in(tap: int, wire: Wire) -> None:
    """Put what waits on a device onto its wire; the rest may wait for the next round."""
    now_s = time.monotonic()
    for _ in range(_READ_AT_ONCE):
        try:
            wire.put(os.read(tap, _FRAME), now_s)
        except BlockingIOError:
            return


if __name__ == '__main__':
    _carry(Shape(**json.loads(sys.argv[1])))
