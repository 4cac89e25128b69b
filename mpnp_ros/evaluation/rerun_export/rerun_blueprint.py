# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How a recording is laid out in the viewer Rerun when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpnp_ros.evaluation.rerun_export.rerun_answers import (
    AGES,
    ANSWERS,
    DECISIONS,
    GATES,
    LATENCY,
    MODALITIES,
    NOW,
    RIGHT,
)
from mpnp_ros.evaluation.rerun_export.rerun_sensors import (
    BOXES,
    entity_of,
    PICTURE,
    PROBLEMS,
    ROBOT,
    Seen,
    TIMELINE,
    WORLD,
)

_BEHIND_M = (-14.0, 0.0, 9.0)   # where the eye stands over the robot, which looks along x
_MOST_COLUMNS = 3


def blueprint(rerun: Any, cameras: Sequence[Seen], modalities: Sequence[str]) -> Any:
    """Return the layout: the drive on the left, what was answered on the right."""
    rrb = rerun.blueprint
    boxes = [f'{WORLD}/{BOXES}', f'{ROBOT}/{BOXES}']
    pictures = [rrb.Spatial2DView(
        origin=f'{entity_of(seen.camera)}/{PICTURE}', name=seen.camera.name,
        contents=['$origin/**', *(boxes if seen.pinhole else [])]) for seen in cameras]
    # In the frame of the robot, so that it stays in the middle.
    space = rrb.Spatial3DView(
        origin=ROBOT, contents=f'{WORLD}/**', name='drive', line_grid=False,
        eye_controls=rrb.EyeControls3D(
            position=_BEHIND_M, look_target=(10.0, 0.0, 0.0), eye_up=(0.0, 0.0, 1.0)))
    drive = [space] if not pictures else [
        rrb.Grid(*pictures, grid_columns=min(len(pictures), _MOST_COLUMNS)), space]
    plots = rrb.Tabs(
        rrb.TimeSeriesView(origin=RIGHT, name='right answers'),
        rrb.TimeSeriesView(origin=LATENCY, name='latency, ms'),
        rrb.TimeSeriesView(origin=AGES, name='age, s'),
        rrb.TimeSeriesView(origin=GATES, name='gates'))
    answers = rrb.Vertical(
        rrb.TextDocumentView(origin=NOW, name='this moment'),
        rrb.Tabs(rrb.TextLogView(origin=ANSWERS, name='answers'),
                 rrb.TextLogView(origin=DECISIONS, name='decisions'),
                 rrb.TextLogView(origin=PROBLEMS, name='problems')),
        *([rrb.StateTimelineView(origin=MODALITIES, name='modalities')] if modalities else []),
        plots, row_shares=[3, 3, 2, 3] if modalities else [3, 3, 3])
    return rrb.Blueprint(
        rrb.Horizontal(rrb.Vertical(*drive), answers, column_shares=[1, 1]),
        rrb.TimePanel(timeline=TIMELINE, state='collapsed'), rrb.SelectionPanel(state='hidden'),
        rrb.BlueprintPanel(state='hidden'))
