# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A bag of another storage or compression plugin, read with rosbag2_py where ROS 2 is at hand.

rosbags reads what rosbag2 comes with (mcap, sqlite3, zstd); see docs/decisions/0005.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
import importlib
from pathlib import Path
from typing import Any

from rosbags.interfaces import MessageDefinition, MessageDefinitionFormat
from rosbags.rosbag2.metadata import parse_qos

from mpnp_ros.evaluation.bags.bag_storage import CDR, Channel, Raw


class PluginStorage:
    """A storage over a whole bag, whose `metadata.yaml` tells what it holds.

    Raises ValueError where rosbag2_py is missing, and what it raises where it cannot open the bag.
    """

    def __init__(self, path: Path, metadata: Mapping[str, Any]) -> None:
        self._path = path
        self._plugin = str(metadata['storage_identifier'])
        self._packed = bool(metadata.get('compression_mode'))
        try:
            self._rosbag2: Any = importlib.import_module('rosbag2_py')
        except ImportError as error:
            raise ValueError(
                f'storage {self._plugin!r}, compression {metadata.get("compression_format")!r}: '
                f'without ROS 2 only mcap and sqlite3 with zstd can be read ({error}); convert '
                'the bag with `ros2 bag convert`, or read it where ROS 2 is installed') from error
        self.channels = []
        for one in metadata['topics_with_message_count']:
            topic = one['topic_metadata']
            self.channels.append((Channel(
                topic['name'], topic['type'], topic['serialization_format'],
                MessageDefinition(MessageDefinitionFormat.NONE, ''),
                tuple(parse_qos(topic.get('offered_qos_profiles', '')))), one['message_count']))
        self._by_topic = {channel.topic: channel for channel, _ in self.channels}
        self.start_ns = int(metadata['starting_time']['nanoseconds_since_epoch'])
        self.end_ns = self.start_ns + int(metadata['duration']['nanoseconds'])

    def messages(self, topics: Collection[str], start_ns: int, end_ns: int) -> Iterator[Raw]:
        """Yield what was received on the topics from `start_ns` to `end_ns`, both included."""
        module = self._rosbag2
        reader = (module.SequentialCompressionReader if self._packed
                  else module.SequentialReader)()
        reader.open(module.StorageOptions(uri=str(self._path), storage_id=self._plugin),
                    module.ConverterOptions(CDR, CDR))
        reader.set_filter(module.StorageFilter(topics=sorted(topics)))
        reader.seek(max(start_ns, self.start_ns))
        while reader.has_next():
            topic, data, stamp_ns = reader.read_next()[:3]
            if stamp_ns > end_ns:
                return
            if stamp_ns >= start_ns and topic in self._by_topic:
                yield self._by_topic[topic], stamp_ns, data
