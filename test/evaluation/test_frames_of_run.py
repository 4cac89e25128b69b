# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures of a run: of the messages that answers came from, shared, listed, replaced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image
import pytest
from shown_run import answer, BAG, used, write_run
from staged_bag import brightness, CLOUD, FRONT, LEFT, stamp, write_staged_bag

from mpnp_ros import shipped
from mpnp_ros.evaluation.pictures.frames import write_frames
from mpnp_ros.evaluation.run_folder import RunFolder


@pytest.fixture(scope='module')
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_staged_bag(tmp_path_factory.mktemp('staged') / 'bag')


def index_of(run: RunFolder) -> dict[str, list[dict[str, object]]]:
    found = json.loads((run.frames_path / 'index.json').read_text(encoding='utf-8'))
    return {record: entry['pictures'] for record, entry in found.items()}


def names(pictures: list[dict[str, object]]) -> list[object]:
    return [picture['name'] for picture in pictures]


def picture(run: RunFolder, record: str, name: str) -> np.ndarray:
    [file] = [one['file'] for one in index_of(run)[record] if one['name'] == name]
    with Image.open(run.frames_path / str(file)) as image:
        return np.asarray(image.convert('RGB'), int)


def shown_frame(run: RunFolder, record: str, name: str) -> int:
    """Return the frame of the staged bag whose grey a camera's picture has."""
    grey = float(np.median(picture(run, record, name)))
    return min(range(5), key=lambda frame: abs(brightness(frame) - grey))


def test_cameras_top_view_and_range_image_are_listed_with_their_sizes(tmp_path: Path) -> None:
    run = write_run(tmp_path, [answer(0, 20, False)])
    assert len(write_frames(run, {BAG: shipped.demo_drive() / 'bag'})) == 0
    pictures = index_of(run)['q0']
    assert names(pictures) == ['camera_front', 'top_view', 'lidar_top_range']
    for one in pictures:
        with Image.open(run.frames_path / str(one['file'])) as image:
            assert (image.format, image.size) == ('JPEG', (one['width'], one['height']))
    # The yellow car that stands ahead on the right of the demo drive at 10 s.
    red, green, blue = np.moveaxis(picture(run, 'q0', 'camera_front')[230:310, 400:520], 2, 0)
    assert ((red > 150) & (green > 130) & (blue < 90)).mean() > 0.1


def test_records_of_one_moment_share_files(tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [answer(number, 0, False, stamp_ns=stamp(2))
                               for number in range(3)])
    write_frames(run, {BAG: bag})
    index = index_of(run)
    assert index['q0'] == index['q1'] == index['q2']
    assert len(list(run.frames_path.glob('*.jpg'))) == len(index['q0'])


def test_the_picture_is_the_one_the_answer_was_made_from(tmp_path: Path, bag: Path) -> None:
    """An answer may use what is older than its stamp, or what came while it was asked for."""
    run = write_run(tmp_path, [
        answer(0, 0, False, used('camera', stamp(1), 0.5), stamp_ns=stamp(2)),
        answer(1, 0, False, used('camera', stamp(3), 0.05), stamp_ns=stamp(3) - 50_000_000),
        answer(2, 0, False, stamp_ns=stamp(3) - 60_000_000)])
    write_frames(run, {BAG: bag})
    assert [shown_frame(run, f'q{number}', 'camera_front') for number in range(3)] == [1, 3, 2]


def test_a_camera_that_was_not_used_shows_the_newest_before_the_stamp(
        tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [
        answer(0, 0, False, used('camera', stamp(1), 0.5), stamp_ns=stamp(2) + 1)])
    write_frames(run, {BAG: bag})
    assert shown_frame(run, 'q0', 'camera_front') == 1   # what the modality reads
    assert shown_frame(run, 'q0', 'camera_left') == 2


def test_all_views_of_a_modality_show_the_set_that_was_used(tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [
        answer(0, 0, False, used('camera', stamp(1) - 20_000_000, 0.5), stamp_ns=stamp(2))])
    described = run.read_json('run.json')
    described['parameters']['camera_encoder'] |= {
        'views': ['front', 'left'], 'view.left.topic': LEFT, 'max_skew_s': 0.1}
    run.write_json('run.json', described)
    write_frames(run, {BAG: bag})
    assert [shown_frame(run, 'q0', name) for name in ('camera_front', 'camera_left')] == [1, 1]


def test_cameras_come_from_left_to_right(tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [answer(0, 0, False, stamp_ns=stamp(0))])
    write_frames(run, {BAG: bag})
    assert names(index_of(run)['q0']) == [
        'camera_left', 'camera_front', 'top_view', 'lidar_top_range']


def test_boxes_given_in_the_map_are_drawn_where_the_robot_sees_them(
        tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [answer(frame, 0, False, stamp_ns=stamp(frame))
                               for frame in range(5)])
    write_frames(run, {BAG: bag})
    heights = []
    for frame in range(5):
        above = picture(run, f'q{frame}', 'top_view')[:400]
        blue = np.argwhere((above[..., 2] > 200) & (above[..., 0] < 140))
        heights.append(480 / 2 - blue[:, 0].mean())
    # The car stands at x = 30 m of the map; the robot comes nearer by 5 m a frame.
    metres = [30.0 - 5.0 * frame for frame in range(5)]
    reach = [40.0, 30.0, 30.0, 20.0, 20.0]   # of the picture, in steps of 10 m
    expected = [240 * x / far for x, far in zip(metres, reach)]
    np.testing.assert_allclose(heights, expected, atol=10)


def test_what_cannot_be_decoded_is_left_out_and_told(tmp_path: Path) -> None:
    bag = write_staged_bag(tmp_path / 'bag', broken=((FRONT, 2), (CLOUD, 3)))
    run = write_run(tmp_path / 'run', [
        answer(frame, 0, False, stamp_ns=stamp(frame)) for frame in (1, 2, 3)])
    problems = {problem.what: problem.places
                for problem in write_frames(run, {BAG: bag})}
    index = index_of(run)
    assert names(index['q1']) == ['camera_left', 'camera_front', 'top_view', 'lidar_top_range']
    assert names(index['q2']) == ['camera_left', 'top_view', 'lidar_top_range']
    assert names(index['q3']) == ['camera_left', 'camera_front']
    [camera] = [places for what, places in problems.items() if FRONT in what]
    [lidar] = [places for what, places in problems.items() if CLOUD in what]
    assert str(stamp(2)) in camera[0] and str(stamp(3)) in lidar[0]


def test_earlier_pictures_are_replaced(tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [answer(frame, 0, False, stamp_ns=stamp(frame))
                               for frame in range(3)])
    write_frames(run, {BAG: bag})
    (run.frames_path / 'note.txt').write_text('mine', encoding='utf-8')
    write_frames(run, {BAG: bag}, limit=1)
    assert set(index_of(run)) == {'q0'}
    assert {file.name[:5] for file in run.frames_path.glob('*.jpg')} == {'m0000'}
    assert (run.frames_path / 'note.txt').exists()


def test_a_bag_that_is_not_there_leaves_the_others(tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path / 'run', [
        answer(0, 0, False, stamp_ns=stamp(0)),
        answer(1, 0, False, stamp_ns=stamp(0), bag='moved'),
        answer(2, 0, False, stamp_ns=stamp(0), bag='unknown')])
    problems = write_frames(run, {BAG: bag, 'moved': tmp_path / 'nowhere'})
    assert set(index_of(run)) == {'q0'}
    assert {place for problem in problems for place in problem.places} == {'moved', 'unknown'}


def test_a_moment_before_the_bag_has_no_pictures(tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [answer(0, 0, False, stamp_ns=stamp(0) - 10**9)])
    write_frames(run, {BAG: bag})
    assert index_of(run) == {'q0': []}


def test_without_transforms_the_lidar_s_own_frame_is_drawn(tmp_path: Path) -> None:
    bag = write_staged_bag(tmp_path / 'bag', mounts=False)
    run = write_run(tmp_path / 'run', [answer(0, 0, False, stamp_ns=stamp(1))])
    assert len(write_frames(run, {BAG: bag})) == 0
    assert names(index_of(run)['q0']) == [
        'camera_front', 'camera_left', 'top_view', 'lidar_top_range']
    above = picture(run, 'q0', 'top_view')
    # Where the boxes of the map are in that frame is not known.
    assert not ((above[..., 2] > 200) & (above[..., 0] < 140)).any()


def test_the_width_and_quality_of_the_pictures_can_be_chosen(tmp_path: Path, bag: Path) -> None:
    run = write_run(tmp_path, [answer(0, 0, False, stamp_ns=stamp(1))])
    write_frames(run, {BAG: bag}, max_width=200, quality=40)
    assert {one['name']: one['width'] for one in index_of(run)['q0']} == {
        'camera_left': 200, 'camera_front': 200, 'top_view': 150, 'lidar_top_range': 200}
