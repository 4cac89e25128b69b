# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Package mpnp_ros without its ROS interfaces, for machines that have no ROS.

On a ROS 2 machine colcon builds CMakeLists.txt and never reads this file.
"""

from pathlib import Path
from xml.etree import ElementTree

from setuptools import find_packages, setup

HERE = Path(__file__).parent
MANIFEST = ElementTree.parse(HERE / 'package.xml').getroot()
SCRIPTS = (HERE / 'resource' / 'console_scripts.txt').read_text(encoding='utf-8').splitlines()

EVALUATION = ['pydantic>=2', 'rosbags>=0.11.9', 'lz4', 'backports.zstd; python_version < "3.14"']
WORLD = ['mujoco', 'pydantic>=2', 'rosbags']
TRAIN = [*EVALUATION, 'accelerate>=1', 'peft>=0.17', 'tensorboard']

setup(
    name='mpnp_ros',
    version=MANIFEST.findtext('version'),
    description='Modality plug and play: sensors as latent tokens in the last blocks of an LLM.',
    author='The mpnp_ros Authors',
    maintainer='mpnp_ros maintainers',
    license='Apache-2.0',
    python_requires='>=3.10',
    # What ROS installs to its share folder is data of the package here.
    packages=[*find_packages(include=['mpnp_ros', 'mpnp_ros.*']),
              'mpnp_ros.data.config', 'mpnp_ros.data.msg'],
    package_dir={'mpnp_ros.data.config': 'config', 'mpnp_ros.data.msg': 'msg'},
    package_data={'mpnp_ros': ['py.typed', 'data/**/*', '**/data/**/*'],
                  'mpnp_ros.data.config': ['**/*'], 'mpnp_ros.data.msg': ['*.msg']},
    entry_points={'console_scripts': [line for line in SCRIPTS if '=' in line]},
    install_requires=[
        'numpy',
        'pillow',
        'pyyaml',
        'safetensors',
        'torch>=2.5',
        'transformers>=5',
    ],
    extras_require={
        'evaluation': EVALUATION,
        'ray': [*EVALUATION, 'ray'],
        'rerun': [*EVALUATION, 'rerun-sdk>=0.39'],
        'train': TRAIN,
        'world': WORLD,
        'gguf': ['gguf'],
        'clip': ['onnx'],
        'dev': [*EVALUATION, *TRAIN, *WORLD, 'gguf', 'mypy', 'onnx', 'opencv-python-headless',
                'pytest<9', 'pytest-timeout', 'pytest-xdist', 'ruff', 'types-PyYAML'],
    },
)
