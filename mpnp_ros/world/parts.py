# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The pieces that objects are built from: boxes, cylinders, capsules, hulls and window panes."""

from __future__ import annotations

from collections.abc import Sequence
import math

import mujoco
import numpy as np

Vector = Sequence[float]
Color = tuple[float, float, float]


class Parts:
    """Add visible pieces to one MuJoCo body, in the body's frame and in metres.

    Nothing collides: the world is only looked at (by cameras and by rays), never stepped.
    """

    def __init__(
        self, spec: mujoco.MjSpec, body: mujoco.MjsBody, origin: Vector = (0.0, 0.0, 0.0)
    ) -> None:
        self._spec = spec
        self._body = body
        self._origin = origin

    def moved(self, x: float, y: float, z: float) -> Parts:
        """Return one that adds pieces to the same body, all of them shifted by that much."""
        return Parts(self._spec, self._body, self._at((x, y, z)))

    def box(self, center: Vector, size: Vector, color: Color, yaw: float = 0.0) -> None:
        """Add a box of full `size` (x, y, z), turned by `yaw` radians about z."""
        self._add(
            mujoco.mjtGeom.mjGEOM_BOX,
            color,
            pos=self._at(center),
            size=[s / 2.0 for s in size],
            quat=[math.cos(yaw / 2.0), 0.0, 0.0, math.sin(yaw / 2.0)],
        )

    def ellipsoid(self, center: Vector, size: Vector, color: Color) -> None:
        """Add an ellipsoid of full `size` (x, y, z)."""
        self._add(
            mujoco.mjtGeom.mjGEOM_ELLIPSOID,
            color,
            pos=self._at(center),
            size=[s / 2.0 for s in size],
        )

    def cylinder(self, start: Vector, end: Vector, radius: float, color: Color) -> None:
        """Add a cylinder between two points on its axis."""
        self._add(mujoco.mjtGeom.mjGEOM_CYLINDER, color, size=[radius, 0.0, 0.0],
                  fromto=[*self._at(start), *self._at(end)])

    def capsule(self, start: Vector, end: Vector, radius: float, color: Color) -> None:
        """Add a capsule between the centres of its two caps."""
        self._add(mujoco.mjtGeom.mjGEOM_CAPSULE, color, size=[radius, 0.0, 0.0],
                  fromto=[*self._at(start), *self._at(end)])

    def hull(self, vertices: Sequence[Vector], color: Color) -> None:
        """Add the convex hull of at least four points."""
        name = f'hull_{len(self._spec.meshes)}'
        placed = np.asarray(vertices, float) + self._origin
        self._spec.add_mesh(name=name, uservert=placed.ravel().tolist())
        self._add(mujoco.mjtGeom.mjGEOM_MESH, color, meshname=name)

    def ring(self, center: Vector, radius: float, thickness: float, color: Color) -> None:
        """Add an upright ring whose axis is y; `radius` is the outer one."""
        turns, sides = 14, 4
        around, across = np.meshgrid(
            np.arange(turns) * 2.0 * np.pi / turns, np.arange(sides) * 2.0 * np.pi / sides,
            indexing='ij')
        reach = radius - thickness * (1.0 - np.cos(across))
        vertices = np.stack([reach * np.cos(around), thickness * np.sin(across),
                             reach * np.sin(around)], axis=-1).reshape(-1, 3)
        index = np.arange(turns * sides).reshape(turns, sides)
        right, up = np.roll(index, -1, axis=0), np.roll(index, -1, axis=1)
        over = np.roll(right, -1, axis=1)
        faces = np.concatenate([np.stack([index, up, right], axis=-1).reshape(-1, 3),
                                np.stack([right, up, over], axis=-1).reshape(-1, 3)])
        self.mesh(vertices + self._at(center), faces, color)

    def mesh(
        self, vertices: np.ndarray, faces: np.ndarray, color: Color = (0.5, 0.5, 0.5),
        texture: tuple[str, np.ndarray] | None = None,
    ) -> None:
        """Add triangles: vertices [V, 3]; faces [F, 3], counter-clockwise as seen from outside.

        `texture` is a material and the place [V, 2] of each vertex in it.
        """
        name = f'mesh_{len(self._spec.meshes)}'
        mesh = self._spec.add_mesh(
            name=name, uservert=vertices.ravel().tolist(), userface=faces.ravel().tolist(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
        if texture is None:
            self._add(mujoco.mjtGeom.mjGEOM_MESH, color, meshname=name)
            return
        mesh.usertexcoord = texture[1].ravel().tolist()
        self._add(mujoco.mjtGeom.mjGEOM_MESH, color, meshname=name, material=texture[0])

    def pane(self, quad: Sequence[Vector], color: Color, frame: float = 0.08) -> None:
        """Add a window: a flat quad, shrunk by `frame` towards its middle, 12 mm proud of it.

        The corners run counter-clockwise as seen from outside.
        """
        corners = np.asarray(quad, float)
        middle = corners.mean(axis=0)
        corners = middle + (corners - middle) * (1.0 - frame)
        normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
        normal /= np.linalg.norm(normal)
        self.hull(np.concatenate([corners - 0.02 * normal, corners + 0.012 * normal]).tolist(),
                  color)

    def _at(self, place: Vector) -> list[float]:
        return [float(a + b) for a, b in zip(place, self._origin)]

    def _add(self, kind: mujoco.mjtGeom, color: Color, **options: object) -> None:
        self._body.add_geom(
            type=kind, rgba=[*color, 1.0], contype=0, conaffinity=0, mass=0.0, **options
        )


def prism(
    profile: Sequence[tuple[float, float]], half_width: float, top_inset: float = 0.0
) -> list[list[float]]:
    """Return the vertices of an (x, z) side profile spread to both sides.

    The width shrinks linearly by `top_inset` on each side from the lowest point to the highest.
    """
    low = min(z for _, z in profile)
    span = max(z for _, z in profile) - low or 1.0
    return [
        [x, side * (half_width - top_inset * (z - low) / span), z]
        for x, z in profile
        for side in (-1.0, 1.0)
    ]
