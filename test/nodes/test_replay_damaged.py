# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Of a damaged or an old bag, what there is is played, and what is lost is said."""

from pathlib import Path

import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import StoragePlugin
from rosbags.typesys import get_typestore, Stores
from std_msgs.msg import String
from word_bags import at, qos, Replay, WORD, write_words

from mpnp_ros.msg import ReplayState
from mpnp_ros.nodes.qos import latched_qos

WORDS = [('/words', step, f'{step}:') for step in range(30)]


def starts(words: list[str]) -> list[str]:
    return [word.partition(':')[0] for word in words]


@pytest.mark.parametrize('storage', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_bag_cut_in_the_middle_is_played_up_to_the_cut(graph, tmp_path, storage) -> None:
    path = write_words(tmp_path / 'bag', WORDS, padding=20_000, storage=storage,
                       profiles={'/words': [qos(depth=100)]})
    (data,) = [one for one in Path(path).iterdir() if one.suffix in ('.mcap', '.db3')]
    with data.open('r+b') as file:
        file.truncate(data.stat().st_size * 2 // 3)
    words = graph.collect(String, '/words', 100)
    replay = Replay(graph, path, rate=100.0)
    states = graph.collect(ReplayState, '/replay/state', latched_qos())
    replay.resume()
    replay.until_ended()
    graph.until(lambda: len(words) == replay.node._player.published, 'the rest')
    played = starts([word.data for word in words])
    assert 10 <= len(played) < 30
    assert played == [str(step) for step in range(len(played))]
    graph.until(lambda: states and states[-1].ended, 'the state')
    assert any(data.name in problem for problem in states[-1].problems), states[-1].problems
    assert graph.diagnostics(replay.node)['bag'].level != b'\0'


def test_bag_without_metadata_is_played(graph, tmp_path) -> None:
    path = write_words(tmp_path / 'bag', WORDS[:3])
    (Path(path) / 'metadata.yaml').unlink()
    replay = Replay(graph, path, {'/words': String}, rate=10.0)
    replay.resume()
    replay.until_ended()
    graph.until(lambda: starts(replay.words('/words')) == ['0', '1', '2'], 'the words')


def test_ros_1_bag_is_played(graph, tmp_path) -> None:
    store = get_typestore(Stores.ROS1_NOETIC)
    with Ros1Writer(tmp_path / 'old.bag') as writer:
        connection = writer.add_connection('words', WORD, typestore=store)
        for step, word in enumerate(('one', 'two')):
            writer.write(connection, at(step),
                         store.serialize_ros1(store.types[WORD](word), WORD))
    replay = Replay(graph, str(tmp_path / 'old.bag'), {'/words': String}, rate=10.0)
    replay.resume()
    replay.until_ended()
    replay.until_heard('/words', ['one', 'two'])
