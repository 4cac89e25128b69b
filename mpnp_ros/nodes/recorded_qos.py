# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""QoS profiles of publishers into a bag and out of it."""

from __future__ import annotations

from collections.abc import Sequence

from rclpy.qos import (
    QoSDurabilityPolicy,
    QoSHistoryPolicy,
    QoSProfile,
    QoSReliabilityPolicy,
)
from rosbags.interfaces import (
    Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime)

from mpnp_ros.suite.stamp import NS

_DEPTH = 10                                # rclpy's own, where the bag does not tell
_STATIC_TRANSFORMS = '/tf_static'
_TRANSFORMS_DEPTH = 100                    # that of tf2's listener


def playback_profile(topic: str, recorded: Sequence[Qos]) -> QoSProfile:
    """Return the profile that serves whom the recorded publishers of a topic served.

    One publisher stands for all of them: it is reliable and latched as soon as one of them was,
    and a late subscriber gets what they kept together. That is 10 messages at least, because DDS
    does not tell a recorder how many it was; and 100 static transforms, each of which counts.
    A ROS 1 bag tells no QoS; its static transforms are latched all the same.
    """
    static = topic == _STATIC_TRANSFORMS
    latched = (static and not recorded) or any(
        one.durability == QosDurability.TRANSIENT_LOCAL for one in recorded)
    best_effort = bool(recorded) and all(
        one.reliability == QosReliability.BEST_EFFORT for one in recorded)
    keep_all = any(one.history == QosHistory.KEEP_ALL for one in recorded)
    known = [one.depth for one in recorded if one.history == QosHistory.KEEP_LAST]
    depth = max(_DEPTH, sum(known) if latched else max(known, default=0))
    if latched and static:
        depth = max(depth, _TRANSFORMS_DEPTH)
    return QoSProfile(
        history=QoSHistoryPolicy.KEEP_ALL if keep_all else QoSHistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=(QoSReliabilityPolicy.BEST_EFFORT if best_effort
                     else QoSReliabilityPolicy.RELIABLE),
        durability=(QoSDurabilityPolicy.TRANSIENT_LOCAL if latched
                    else QoSDurabilityPolicy.VOLATILE),
    )


def recording_profile(offered: Sequence[QoSProfile], depth: int) -> QoSProfile:
    """Return the most demanding profile that every publisher of a topic can meet."""
    reliable = all(one.reliability == QoSReliabilityPolicy.RELIABLE for one in offered)
    latched = all(one.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL for one in offered)
    return QoSProfile(
        history=QoSHistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=(QoSReliabilityPolicy.RELIABLE if reliable
                     else QoSReliabilityPolicy.BEST_EFFORT),
        durability=(QoSDurabilityPolicy.TRANSIENT_LOCAL if latched
                    else QoSDurabilityPolicy.VOLATILE),
    )


def as_recorded(offered: QoSProfile) -> Qos:
    """Return a publisher's profile as a bag keeps it."""
    return Qos(
        history=QosHistory[offered.history.name],
        depth=offered.depth,
        reliability=QosReliability[offered.reliability.name],
        durability=QosDurability[offered.durability.name],
        deadline=QosTime(*divmod(offered.deadline.nanoseconds, NS)),
        lifespan=QosTime(*divmod(offered.lifespan.nanoseconds, NS)),
        liveliness=QosLiveliness[offered.liveliness.name],
        liveliness_lease_duration=QosTime(
            *divmod(offered.liveliness_lease_duration.nanoseconds, NS)),
        avoid_ros_namespace_conventions=offered.avoid_ros_namespace_conventions,
    )
