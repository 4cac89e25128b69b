# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the suite's nodes; `config/*.yaml` gives their values."""

from __future__ import annotations

from dataclasses import dataclass
import math

from mpnp_ros.core.latents import FORMATS
from mpnp_ros.manager.policy import EVERYTHING
from mpnp_ros.suite.parameter import autostart_parameter, parameter


NO_CONNECTORS = 'none'   # in place of a directory of connectors


@dataclass(frozen=True)
class EncoderParameters:
    """Parameters of `encoder_node`; those of its views and encoder are declared beside them."""

    modality: str = parameter('', 'Name of the modality, unique in the namespace, e.g. camera.')
    encoder: str = parameter('', 'Registered name of the encoder; its own options are declared '
                             'as options.<name>.')
    views: list[str] = parameter(['main'], 'Names of the sensors that are encoded together; each '
                                 'is described by view.<name>.* parameters.')
    base_frame: str = parameter('base_link', 'Frame in which azimuths are given.')
    device: str = parameter('cpu', 'Torch device of the encoder, e.g. cpu or cuda:0.')
    threads: int = parameter(1, "Torch threads of this process; 0: torch's default.",
                             minimum=0, maximum=256)
    dtype: str = parameter('float16', 'Element type of the published latents.',
                           choices=tuple(FORMATS))
    max_rate_hz: float = parameter(0.0, 'Encode at most this often, Hz of the stamps; 0: every '
                                   'message that the encoder keeps up with.',
                                   minimum=0.0, maximum=1000.0, read_only=False)
    max_skew_s: float = parameter(0.1, 'Views older than the newest of a set by more than this '
                                  'are left out of it, s.', minimum=0.0, maximum=60.0)
    stale_after_s: float = parameter(1.0, 'A sensor silent for this long counts as stale, s.',
                                     minimum=0.01, maximum=3600.0)
    future_tolerance_s: float = parameter(0.5, 'Refuse stamps that lie further than this in the '
                                          'future of the node clock, s.',
                                          minimum=0.0, maximum=3600.0, read_only=False)
    status_period_s: float = parameter(1.0, 'Period of the status message, s.',
                                       minimum=0.05, maximum=3600.0)
    always_on: bool = parameter(False, 'Encode even when nobody listens.')
    autostart: bool = autostart_parameter()


@dataclass(frozen=True)
class ViewParameters:
    """What the YAML says of one view; declared as `view.<name>.<field>`."""

    topic: str = parameter('', 'Topic of the sensor messages; empty: <modality>/<view>.')
    type: str = parameter(
        '', "Message type of the topic, e.g. sensor_msgs/msg/Image; empty: the encoder's first.")
    camera_info_topic: str = parameter(
        '', 'Topic of the CameraInfo with the intrinsics; empty: none.')
    azimuth_deg: float = parameter(
        math.nan, "Where the view looks, degrees counter-clockwise from the base frame's +x; "
        'used when there is no transform to the base frame. NaN: not known.')
    hfov_deg: float = parameter(
        math.nan, 'Horizontal field of view, degrees; used when there is no CameraInfo. '
        'NaN: not known.', minimum=0.0, maximum=360.0)


@dataclass(frozen=True)
class ManagerParameters:
    """Parameters of `modality_manager_node`."""

    modalities: list[str] = parameter(
        [EVERYTHING], "Modalities in use from the start; ['*']: every one that is offered; "
        "['']: none. The service set_modalities replaces the list.")
    offline_after_s: float = parameter(
        3.5, 'An encoder whose status has not come for this long counts as offline, s.',
        minimum=0.1, maximum=3600.0)
    autostart: bool = autostart_parameter()


@dataclass(frozen=True)
class LlmParameters:
    """Parameters of `llm_node`."""

    model: str = parameter('smollm2-135m-instruct', 'Language model: a name of the weights '
                           'catalogue, a directory, a .gguf file or a Hugging Face id.')
    connectors: str = parameter('', 'Directory of the trained connectors; empty: those that are '
                                "shipped for the default model; 'none': answer from text alone.")
    dtype: str = parameter('float32', 'Element type of the language model.',
                           choices=('float32', 'bfloat16'))
    device: str = parameter('cpu', 'Torch device of the language model, e.g. cpu or cuda:0.')
    threads: int = parameter(0, "Torch threads of this process; 0: torch's default.",
                             minimum=0, maximum=256)
    system_prompt: str = parameter('', 'System prompt; empty: the one the connectors were '
                                   'trained with.')
    max_age_s: float = parameter(2.0, 'Latents older than this are not used, s.',
                                 minimum=0.0, maximum=86400.0, read_only=False)
    future_tolerance_s: float = parameter(0.5, 'Latents whose stamp lies further than this in '
                                          'the future are not used, s.',
                                          minimum=0.0, maximum=3600.0, read_only=False)
    default_deadline_s: float = parameter(10.0, 'A question without a deadline is given up '
                                          'after this time, s.',
                                          minimum=0.01, maximum=86400.0, read_only=False)
    max_question_bytes: int = parameter(4096, 'Longest question, bytes of UTF-8.',
                                        minimum=1, maximum=1048576, read_only=False)
    max_candidates: int = parameter(64, 'Most candidates of a question.',
                                    minimum=1, maximum=4096, read_only=False)
    max_tokens: int = parameter(32, 'Longest free-text answer, tokens.',
                                minimum=1, maximum=4096, read_only=False)
    queue_size: int = parameter(8, 'Questions that may wait; more are refused as busy.',
                                minimum=1, maximum=1024)
    max_batch: int = parameter(8, 'Most questions on the same latents that are answered in one '
                               'batch; 1: one after the other.', minimum=1, maximum=256)
    max_watches: int = parameter(16, 'Questions that may stand (service watch); more are refused '
                                 'as busy.', minimum=0, maximum=1024, read_only=False)
    state_cache_mb: int = parameter(512, 'Most memory for what is kept of questions below the '
                                    'connected blocks, MiB; 0: nothing is kept.',
                                    minimum=0, maximum=1048576)
    autostart: bool = autostart_parameter()
