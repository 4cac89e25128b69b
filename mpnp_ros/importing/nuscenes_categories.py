# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What nuScenes' categories and attributes are in the words of nuScenes-QA."""

from __future__ import annotations

# The ten classes of nuScenes' detection task, which nuScenes-QA asks about. Several: not one of
# the ten, but a person would call it one of these.
_CATEGORIES: dict[str, tuple[str, ...]] = {
    'human.pedestrian.adult': ('pedestrian',),
    'human.pedestrian.child': ('pedestrian',),
    'human.pedestrian.construction_worker': ('pedestrian',),
    'human.pedestrian.police_officer': ('pedestrian',),
    'human.pedestrian.personal_mobility': ('pedestrian', 'motorcycle'),
    'human.pedestrian.stroller': ('pedestrian', 'bicycle'),
    'human.pedestrian.wheelchair': ('pedestrian', 'bicycle'),
    'movable_object.barrier': ('barrier',),
    'movable_object.trafficcone': ('traffic cone',),
    'static_object.bicycle_rack': ('bicycle', 'motorcycle'),   # what stands in it has no boxes
    'vehicle.bicycle': ('bicycle',),
    'vehicle.bus.bendy': ('bus',),
    'vehicle.bus.rigid': ('bus',),
    'vehicle.car': ('car',),
    'vehicle.construction': ('construction vehicle',),
    'vehicle.emergency.ambulance': ('car', 'truck', 'bus'),
    'vehicle.emergency.police': ('car', 'truck', 'motorcycle'),
    'vehicle.motorcycle': ('motorcycle',),
    'vehicle.trailer': ('trailer',),
    'vehicle.truck': ('truck',),
}
_ATTRIBUTES = {
    'cycle.with_rider': 'with rider',
    'cycle.without_rider': 'without rider',
    'pedestrian.moving': 'moving',
    'pedestrian.sitting_lying_down': 'not standing',
    'pedestrian.standing': 'standing',
    'vehicle.moving': 'moving',
    'vehicle.parked': 'parked',
    'vehicle.stopped': 'stopped',
}


def categories_of(name: str) -> tuple[str, ...]:
    """Return what an object of a category may be called, nothing for debris and animals."""
    return _CATEGORIES.get(name, ())


def status_of(attribute: str) -> str:
    """Return the status that an attribute means, '' where it means none."""
    return _ATTRIBUTES.get(attribute, '')


def condition_of(description: str) -> str:
    """Return day, night, rain or night rain, as the description of a scene tells."""
    words = description.lower()
    found = [word for word in ('night', 'rain')
             if word in words.replace('after rain', '')]
    return ' '.join(found) or 'day'
