# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sockets in the two namespaces meet the link's rate, delay and loss, and none of the host's."""

from __future__ import annotations

import socket
import subprocess
import time

import pytest
from shaped_link import ADDRESSES, Shape, ShapedLink

PORT = 5000
DATAGRAM = bytes(1208)   # with its headers 1,250 bytes: 1 ms at 10 Mbit/s


def sockets(link: ShapedLink) -> tuple[socket.socket, socket.socket]:
    """Return a socket of the robot's that sends to one of the base's."""
    with link.inside('base'):
        there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        there.bind((ADDRESSES['base'], PORT))
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        there.settimeout(10.0)
    with link.inside('robot'):
        here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        here.connect((ADDRESSES['base'], PORT))
    here.send(b'who has the address?')   # the neighbours learn of each other first
    there.recv(100)
    return here, there


def test_a_datagram_takes_the_delay(link_of) -> None:
    here, there = sockets(link_of(Shape(delay_s=0.05, loss=0.0)))
    with here, there:
        began_s = time.monotonic()
        here.send(DATAGRAM)
        there.recv(2000)
        assert 0.051 <= time.monotonic() - began_s < 1.0   # a busy machine may take its time


def test_what_goes_through_keeps_the_rate(link_of) -> None:
    link = link_of(Shape(rate_bits_per_s=10e6, loss=0.0))
    here, there = sockets(link)
    with here, there:
        began_s = time.monotonic()
        for _ in range(90):   # at once: the buffer holds 100
            here.send(DATAGRAM)
        for _ in range(90):
            there.recv(2000)
        assert time.monotonic() - began_s >= 0.05 + 90 * 0.001
        counts = link.counts()['robot']
        assert counts.overflowed == 0 and counts.carried_bytes >= 90 * 1250


def test_some_are_lost_and_what_overfills_the_buffer_is_dropped(link_of) -> None:
    link = link_of(Shape(loss=0.2))
    here, there = sockets(link)
    with here, there:
        for _ in range(300):
            here.send(DATAGRAM)
        there.settimeout(0.5)
        arrived = 0
        with pytest.raises(TimeoutError):
            while there.recv(2000):
                arrived += 1
    counts = link.counts()['robot']
    assert counts.lost > 0 and counts.overflowed > 0
    assert arrived <= counts.carried == counts.offered - counts.lost - counts.overflowed


def test_processes_see_their_end_alone_and_multicast_reaches_the_other(link_of) -> None:
    link = link_of(Shape(loss=0.0))
    seen = subprocess.run(link.command('robot', ['cat', '/proc/net/route']),
                          capture_output=True, text=True, check=True)
    assert {line.split()[0] for line in seen.stdout.splitlines()[1:]} == {'link'}
    group = '239.255.0.1'   # where DDS looks for participants
    with link.inside('base'):
        there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        there.bind(('', PORT))
        there.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         socket.inet_aton(group) + socket.inet_aton(ADDRESSES['base']))
        there.settimeout(10.0)
    with link.inside('robot'):
        here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        here.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                        socket.inet_aton(ADDRESSES['robot']))
    with here, there:
        here.sendto(b'anybody?', (group, PORT))
        assert there.recvfrom(100)[1][0] == ADDRESSES['robot']


def test_the_namespaces_go_with_the_link(link_of) -> None:
    link = link_of(Shape())
    link.close()
    with pytest.raises(FileNotFoundError):
        with link.inside('robot'):
            pass
