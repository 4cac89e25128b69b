# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A drive as an .rrd file, read back with Rerun's own reader: timeline, counts, texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
import sys
from typing import Any

import numpy as np
import pytest
from shown_run import answer, HALF_S, START_NS, used, write_run
from staged_bag import CLOUD, FRONT, stamp, write_staged_bag

from mpnp_ros import shipped
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.record import AnswerTiming, Verdict
from mpnp_ros.evaluation.rerun_export.rerun_log import RerunMissing, write_rrd

pytest.importorskip('rerun', reason='rerun-sdk is not on this machine')
# Rerun warns of what it cannot write and goes on.
pytestmark = pytest.mark.filterwarnings('error')
ROBOT = '/world/robot'


class Read:
    """A recording, as Rerun's reader gives it."""

    def __init__(self, path: Path) -> None:
        from rerun.chunk import RrdReader
        self.reader = RrdReader(path)
        self.chunks = list(self.reader.stream().to_chunks())

    def columns(self, entity: str, component: str) -> Iterator[tuple[Any, list[Any]]]:
        """Return the stamps (None: static) and values of a component."""
        for chunk in self.chunks:
            batch = chunk.to_record_batch()
            if chunk.entity_path == entity and component in batch.schema.names:
                stamps = (None if chunk.is_static else
                          batch.column('stamp').cast('int64').to_pylist())
                yield stamps, batch.column(component).to_pylist()

    def values(self, entity: str, component: str) -> list[Any]:
        """Return the values that are not static, in the order of their stamps."""
        rows = [row for stamps, values in self.columns(entity, component) if stamps is not None
                for row in zip(stamps, values)]
        return [value for _, value in sorted(rows, key=lambda row: row[0])]

    def stamps(self, entity: str, component: str) -> list[int]:
        return sorted(stamp for stamps, _ in self.columns(entity, component)
                      for stamp in stamps or [])


@pytest.fixture(scope='module')
def demo(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Return the demo drive with six answers at three moments."""
    folder = tmp_path_factory.mktemp('demo')
    dark = (Verdict('camera', False, 'too dark'), Verdict('lidar', True, 'listed'))

    def both(frame: int) -> tuple[Any, Any]:
        return (used('camera', START_NS + frame * HALF_S, 0.1),
                used('lidar', START_NS + frame * HALF_S, 0.2))

    records = [
        answer(0, 2, True, *both(2)), answer(1, 2, False, *both(2)),
        answer(2, 4, False, both(4)[1], decision=dark),
        answer(3, 4, False, answer='', refusal='camera: too dark', decision=dark),
        answer(4, 6, None, *both(6), expected=None, type='color'),
        answer(5, 6, True, *both(6), control='shuffled'),
        answer(6, 6, False, bag='another')]
    run = write_run(folder, records, [
        AnswerTiming(f'q{number}', core_ms=100.0 + number) for number in range(4)] + [
        AnswerTiming('q6', core_ms=1.0), AnswerTiming('q0', 'shuffled', core_ms=2.0)])
    described = run.read_json('run.json')
    run.write_json('run.json', described | {'model': {'blocks': 30, 'connected_blocks': 4}})
    return Read(write_rrd(run, shipped.demo_drive() / 'bag', folder / 'demo.rrd'))


def test_every_picture_and_sweep_is_there_at_its_stamp(demo: Read) -> None:
    expected = [START_NS + frame * HALF_S for frame in range(27)]
    camera, lidar = f'{ROBOT}/camera_front/picture', f'{ROBOT}/lidar_top/points'
    assert demo.stamps(camera, 'EncodedImage:blob') == expected
    assert demo.stamps(lidar, 'Points3D:positions') == expected
    assert {kind for [kind] in demo.values(camera, 'EncodedImage:media_type')} == {'image/jpeg'}


def test_pictures_are_those_of_the_bag_untouched(demo: Read) -> None:
    [first] = demo.values(f'{ROBOT}/camera_front/picture', 'EncodedImage:blob')[0]
    assert bytes(first).startswith(b'\xff\xd8') and bytes(first).endswith(b'\xff\xd9')
    assert 5_000 < len(first) < 60_000


def test_the_only_timeline_is_that_of_the_bag(demo: Read) -> None:
    assert {name for chunk in demo.chunks for name in chunk.timeline_names} == {'stamp'}


def test_the_camera_has_its_lens_and_its_mount(demo: Read) -> None:
    [[lens]] = demo.values(f'{ROBOT}/camera_front/picture', 'Pinhole:image_from_camera')
    np.testing.assert_allclose(lens[0], 160 / np.tan(np.radians(40)), rtol=1e-6)
    [[place]] = demo.values(f'{ROBOT}/camera_front', 'Transform3D:translation')
    np.testing.assert_allclose(place, (1.70, 0.0, 1.51), atol=1e-6)


def test_answers_are_texts_by_type_whose_level_tells_right_from_wrong(demo: Read) -> None:
    texts = [text for [text] in demo.values('/answers/exist', 'TextLog:text')]
    levels = [level for [level] in demo.values('/answers/exist', 'TextLog:level')]
    assert Counter(levels) == {'INFO': 1, 'ERROR': 2, 'WARN': 1}
    by_level = dict(zip(levels, texts))
    assert by_level['INFO'] == 'Is there a truck ahead?  "no"  (camera+lidar, 75% sure)'
    assert 'expected "no"' in by_level['ERROR']
    assert by_level['WARN'].endswith('refused: camera: too dark')
    assert len(demo.values('/answers/color', 'TextLog:text')) == 1


def test_controls_and_answers_about_other_bags_are_left_out(demo: Read) -> None:
    count = sum(chunk.num_rows for chunk in demo.chunks
                if chunk.entity_path.startswith('/answers/'))
    assert count == 5


def test_a_decision_is_told_when_it_changes(demo: Read) -> None:
    texts = [text for [text] in demo.values('/decisions', 'TextLog:text')]
    assert texts == ['camera selected: listed; lidar selected: listed',
                     'camera left out: too dark; lidar selected: listed',
                     'camera selected: listed; lidar selected: listed']


def test_gates_ages_and_latency_are_series(demo: Read) -> None:
    assert demo.values('/gates/camera', 'Scalars:scalars') == [[0.25, 0.5, 0.75, 1.0]] * 2
    assert demo.values('/gates/lidar', 'Scalars:scalars') == [[0.25, 0.5, 0.75, 1.0]] * 3
    assert demo.values('/age_s/camera', 'Scalars:scalars') == [[0.1], [0.1]]
    assert sorted(demo.values('/latency_ms/core', 'Scalars:scalars')) == [
        [100.0], [101.0], [102.0], [103.0]]
    assert not list(demo.columns('/latency_ms/round_trip', 'SeriesPoints:names'))
    [(_, [names])] = demo.columns('/gates/lidar', 'SeriesLines:names')
    assert names == [f'lidar, block {number}' for number in (26, 27, 28, 29)]


def test_the_state_of_a_modality_is_what_became_of_it(demo: Read) -> None:
    states = [state for [state] in demo.values('/modalities/camera', 'StateChange:state')]
    assert states == ['used', 'left out', 'used']


def test_each_moment_has_its_table_and_its_share_of_right_answers(demo: Read) -> None:
    first = demo.values('/moment', 'TextDocument:text')[0][0]
    assert '| right | Is there a truck ahead? | no | no | camera+lidar |' in first
    assert '| **wrong** | Is there a truck ahead? | yes | no | camera+lidar |' in first
    assert demo.values('/right', 'Scalars:scalars') == [[0.5], [0.0]]   # then: not judged


def test_a_layout_comes_with_the_recording(demo: Read) -> None:
    assert len(demo.reader.blueprints()) == 1
    paths = {chunk.entity_path for chunk in
             demo.reader.stream(store=demo.reader.blueprints()[0]).to_chunks()}
    assert sum(path.startswith('/view/') and path.count('/') == 2 for path in paths) >= 10


@pytest.fixture(scope='module')
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_staged_bag(tmp_path_factory.mktemp('staged') / 'bag')


def test_boxes_stand_still_in_the_map_while_the_robot_moves(
        staged: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path, [], bags={'staged': staged})
    read = Read(write_rrd(run, staged, tmp_path / 'out.rrd'))
    assert read.values('/world/boxes', 'Boxes3D:centers') == [[[30.0, 3.0, 0.75]]] * 5
    assert read.values('/world/boxes', 'Boxes3D:labels')[0] == ['car']
    places = [place for [place] in read.values(ROBOT, 'Transform3D:translation')]
    assert places == [[5.0 * frame, 0.0, 0.0] for frame in range(5)]
    assert len(read.values(f'{ROBOT}/camera_left', 'Transform3D:translation')) == 1


def test_boxes_are_given_to_the_robot_where_there_is_no_map(tmp_path: Path) -> None:
    bag = write_staged_bag(tmp_path / 'bag', boxes_in='base_link', poses=False)
    run = write_run(tmp_path / 'run', [], bags={'staged': bag})
    read = Read(write_rrd(run, bag, tmp_path / 'out.rrd'))
    assert len(read.values(f'{ROBOT}/boxes', 'Boxes3D:centers')) == 5
    assert not read.values('/world/boxes', 'Boxes3D:centers')


def test_a_recording_can_be_made_small(staged: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path, [], bags={'staged': staged})
    read = Read(write_rrd(run, staged, tmp_path / 'new' / 'out.rrd', every=2, max_width=100,
                          max_points=50))
    pictures = read.values(f'{ROBOT}/camera_front/picture', 'EncodedImage:blob')
    sweeps = read.values(f'{ROBOT}/lidar_top/points', 'Points3D:positions')
    assert (len(pictures), len(sweeps)) == (3, 3)
    assert max(map(len, sweeps)) <= 50
    [[size]] = read.values(f'{ROBOT}/camera_front/picture', 'Pinhole:resolution')
    assert size == [100.0, 75.0]
    [[lens]] = read.values(f'{ROBOT}/camera_front/picture', 'Pinhole:image_from_camera')
    assert lens[0] == pytest.approx(50.0)


def test_what_cannot_be_decoded_is_told_in_the_recording_too(tmp_path: Path) -> None:
    bag = write_staged_bag(tmp_path / 'bag', broken=((FRONT, 1), (CLOUD, 3)))
    run = write_run(tmp_path / 'run', [], bags={'staged': bag})
    problems = Problems()
    read = Read(write_rrd(run, bag, tmp_path / 'out.rrd', problems=problems))
    texts = [text for [text] in read.values('/problems', 'TextLog:text')]
    assert [topic in text for topic, text in zip((FRONT, CLOUD), texts)] == [True, True]
    assert read.stamps('/problems', 'TextLog:text') == [stamp(1), stamp(3)]
    assert {str(stamp(1)), str(stamp(3))} == {
        place.rsplit(' ', 1)[1] for problem in problems for place in problem.places}
    assert len(read.values(f'{ROBOT}/camera_front/picture', 'EncodedImage:blob')) == 4


def test_nothing_unfinished_is_left_beside_the_file(staged: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    write_rrd(write_run(tmp_path / 'run', []), staged, out / 'a.rrd')
    assert [file.name for file in out.iterdir()] == ['a.rrd']


def test_without_rerun_a_sentence_says_what_to_install(
        staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'rerun', None)
    with pytest.raises(RerunMissing, match=r"pip install 'mpnp_ros\[rerun\]'"):
        write_rrd(write_run(tmp_path, []), staged, tmp_path / 'a.rrd')


def test_a_run_names_its_bags_by_path(tmp_path: Path, staged: Path) -> None:
    run = write_run(tmp_path, [answer(0, 0, True, bag='night', stamp_ns=stamp(0))],
                    bags={'day': tmp_path / 'elsewhere', 'night': staged})
    read = Read(write_rrd(run, staged, tmp_path / 'a.rrd'))
    assert len(read.values('/answers/exist', 'TextLog:text')) == 1
