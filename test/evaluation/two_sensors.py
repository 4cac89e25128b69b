# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A suite of a camera and a lidar with a tiny language model, and drives in which one may fail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image
from tiny_suite import CLOUDS, LIDAR, OPTIONS, save_models, START_NS, STEP_NS, TinySuite
import torch
from transformers import ViTConfig, ViTModel

from mpnp_ros import messages
from mpnp_ros.encoders.base import create
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather

PICTURES, CAMERA = '/picture', 'sensor_msgs/msg/CompressedImage'
COLOUR, CLEAR = 'what colour is it?', 'is the way clear?'
CANDIDATES = {COLOUR: ['red', 'blue'], CLEAR: ['yes', 'no', 'unknown']}
_SIZE = 32   # of what the camera's network sees, pixels


@dataclass(frozen=True)
class TwoSensors(TinySuite):
    """The suite; a moment of its drives is half a second, and asks for a colour and the way."""

    def drive(self, name: str, moments: int, *, broken: tuple[int, ...] = (),
              dark: Collection[int] = (), silent_after: int | None = None) -> Path:
        """Write a bag; moments in `dark` have black pictures, the lidar may fall silent."""
        path = self.folder / name / 'drive'
        path.parent.mkdir(parents=True, exist_ok=True)
        with BagWriter(path) as bag:
            for index in range(moments):
                stamp_ns = START_NS + index * STEP_NS
                bag.write_message(PICTURES, CAMERA, stamp_ns, messages.compressed_image(
                    picture(index, index in dark), 'png', 'camera', stamp_ns))
                if silent_after is None or index <= silent_after:
                    bag.write_message(CLOUDS, LIDAR, stamp_ns, messages.point_cloud(
                        sweep(index)[:0 if index in broken else None], 'lidar', stamp_ns))
        lines = [json.dumps({
            'stamp_ns': START_NS + index * STEP_NS, 'question': text, 'candidates': candidates,
            'answer': candidates[0]})
            for index in range(moments) for text, candidates in CANDIDATES.items()]
        (path.parent / 'questions.jsonl').write_text('\n'.join(lines) + '\n', encoding='utf-8')
        return path

    def questions(self, *drives: Path) -> list[BagQuestions]:
        """Return the drives with their questions, named after their folders."""
        problems = Problems()
        gathered = gather(list(drives), [], ['camera', 'lidar'], problems)
        assert not list(problems), list(problems)
        return gathered


def make_two_sensors(folder: Path) -> TwoSensors:
    """Save the models and connectors for them, and write the parameter file that names them."""
    network = folder / 'network'
    torch.manual_seed(0)
    ViTModel(ViTConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        image_size=_SIZE, patch_size=8)).save_pretrained(network)
    (network / 'preprocessor_config.json').write_text(json.dumps({
        'image_mean': [0.5] * 3, 'image_std': [0.25] * 3, 'resample': 3,
        'rescale_factor': 1 / 255, 'size': {'height': _SIZE, 'width': _SIZE}}), encoding='utf-8')
    given = save_models(folder, {'camera': create('camera_huggingface', {'model': str(network)}),
                                 'lidar': create('lidar_range_view', OPTIONS)})
    params_file = folder / 'suite.yaml'
    params_file.write_text(json.dumps({
        '/**/camera_encoder': {'ros__parameters': {
            'modality': 'camera', 'encoder': 'camera_huggingface', 'views': ['front'],
            'view.front.topic': PICTURES, 'view.front.type': CAMERA,
            'options': {'model': str(network)}}},
        '/**/lidar_encoder': {'ros__parameters': {
            'modality': 'lidar', 'encoder': 'lidar_range_view', 'views': ['top'],
            'view.top.topic': CLOUDS, 'options': OPTIONS}},
        '/**/llm': {'ros__parameters': {
            'model': str(given), 'connectors': str(folder / 'connectors')}},
    }), encoding='utf-8')
    return TwoSensors(params_file, folder)


def picture(seed: int, dark: bool) -> bytes:
    """Return a sharp chequered picture as PNG, or a black one."""
    grey = np.random.default_rng(seed).choice([60, 200], (8, 10)).astype(np.uint8)
    pixels = np.kron(grey, np.ones((16, 16), np.uint8)) * (not dark)
    buffer = io.BytesIO()
    Image.fromarray(np.repeat(pixels[:, :, None], 3, axis=2)).save(buffer, 'png')
    return buffer.getvalue()


def sweep(seed: int) -> np.ndarray:
    """Return a whole turn of eight beams, structured: ground and a wall in the distance."""
    elevation, azimuth = np.meshgrid(
        np.radians(np.linspace(-28.0, 8.0, 8)), np.linspace(-np.pi, np.pi, 360, endpoint=False))
    far = np.random.default_rng(seed).uniform(15.0, 25.0, elevation.shape)
    reach = np.where(elevation < 0.0, np.minimum(
        far, 2.0 / np.maximum(-np.sin(elevation), 1e-3)), far)
    points = np.zeros(reach.size, [(name, '<f4') for name in ('x', 'y', 'z', 'intensity')])
    points['x'] = (reach * np.cos(elevation) * np.cos(azimuth)).ravel()
    points['y'] = (reach * np.cos(elevation) * np.sin(azimuth)).ravel()
    points['z'] = (reach * np.sin(elevation)).ravel()
    return points
