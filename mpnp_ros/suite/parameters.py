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
    frozen_after_s: float = parameter(1.0, 'A camera or lidar that sends the very same data for '
                                      'longer than this under new stamps has frozen and is not '
                                      'used, s of the stamps; 0: not looked for, as with a '
                                      'simulated sensor without noise.',
                                      minimum=0.0, maximum=3600.0, read_only=False)
    future_tolerance_s: float = parameter(0.5, 'Refuse stamps that lie further than this in the '
                                          'future of the node clock, s.',
                                          minimum=0.0, maximum=3600.0, read_only=False)
    status_period_s: float = parameter(1.0, 'Period of the status message, s.',
                                       minimum=0.05, maximum=3600.0)
    usability_step: float = parameter(0.1, 'The status is sent at once when the usability of '
                                      'the sensors changed by this much.',
                                      minimum=0.0, maximum=1.0, read_only=False)
    quality_period_s: float = parameter(0.2, 'Measure the quality of the data at most this '
                                        'often, s; 0: of all that is encoded.',
                                        minimum=0.0, maximum=3600.0, read_only=False)
    unload_after_s: float = parameter(300.0, 'Weights leave memory after this time without a '
                                      'listener, s, and are loaded again for the next; 0: '
                                      'never.', minimum=0.0, maximum=86400.0, read_only=False)
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

    policy: str = parameter(
        'static', "Who decides: 'static' the list of `modalities`, 'all' everything that is "
        "offered, 'rules' the questions by rules, 'learned' the questions by a relevance model. "
        'The service set_policy changes it.')
    modalities: list[str] = parameter(
        [EVERYTHING], "Modalities of the policy 'static'; ['*']: every one that is offered; "
        "['']: none. The service set_modalities replaces the list.")
    rules: str = parameter('', 'File of rules (YAML) on what questions need; empty: the one that '
                           'comes with the package.')
    relevance: str = parameter('', "Relevance model of the policy 'learned', a file that the "
                               'command mpnp-relevance makes; package://mpnp_ros/... is one '
                               'that is shipped.')
    accuracy_slack: float = parameter(
        0.02, 'Expected accuracy that may be given up for a cheaper set.',
        minimum=0.0, maximum=1.0, read_only=False)
    remember_s: float = parameter(60.0, 'A question counts for this long after it was asked, s.',
                                  minimum=0.1, maximum=86400.0)
    leave_below: float = parameter(
        0.25, 'A sensor whose usability stays below this is not used by rules or learned '
        'relevance.', minimum=0.0, maximum=1.0)
    enter_above: float = parameter(
        0.4, 'It is used again once its usability stays at this or above.',
        minimum=0.0, maximum=1.0)
    dwell_s: float = parameter(2.0, 'For how long usability has to stay there, s.',
                               minimum=0.0, maximum=3600.0)
    retry_after_s: float = parameter(
        30.0, 'A sensor that is not used for what it delivers is tried again after this time, s: '
        'an idle encoder measures nothing.', minimum=0.1, maximum=86400.0)
    retry_silent_after_s: float = parameter(
        10.0, 'A sensor that is not used for delivering nothing is tried again after this time, '
        's.', minimum=0.1, maximum=86400.0)
    max_age_s: float = parameter(
        2.0, "A sensor without latents newer than this counts as dead, s; the LLM node's "
        'max_age_s is meant.', minimum=0.01, maximum=86400.0)
    offline_after_s: float = parameter(
        3.5, 'An encoder whose status has not come for this long counts as offline, s; sooner, '
        'after one status period and max_age_s, where its statuses come more often.',
        minimum=0.1, maximum=3600.0)
    budget_flops_per_s: float = parameter(
        0.0, 'Most operations of encoding and fusing per second, FLOP/s; 0: no limit.',
        minimum=0.0, read_only=False)
    budget_answer_ms: float = parameter(
        0.0, 'Longest answer, ms of the inference thread; 0: no limit.',
        minimum=0.0, read_only=False)
    budget_memory_bytes: float = parameter(
        0.0, "Most memory of the encoders' weights and latents, bytes; 0: no limit.",
        minimum=0.0, read_only=False)
    budget_network_bytes_per_s: float = parameter(
        0.0, 'Most latents that the link between encoders and LLM node carries, bytes/s; 0: no '
        'limit.', minimum=0.0, read_only=False)
    budget_watts: float = parameter(
        0.0, 'Most electrical power, W, where `power_file` tells it; 0: no limit.',
        minimum=0.0, read_only=False)
    power_file: str = parameter(
        '', "Where the board tells its power: hwmon's power*_input or a log of tegrastats; "
        'empty: it does not.')
    idle_watts: float = parameter(0.0, 'Power while nothing is encoded or answered, W.',
                                  minimum=0.0, maximum=100000.0)
    fuse_flops_per_token: float = parameter(
        2.0e6, 'Operations to fuse one latent token into an answer; those of the shipped '
        "connectors are 2.0 million for the camera's, 1.3 million for the lidar's. mpnp-evaluate "
        'counts them.',
        minimum=0.0)
    autostart: bool = autostart_parameter()


@dataclass(frozen=True)
class LlmParameters:
    """Parameters of `llm_node`."""

    model: str = parameter('smollm2-135m-instruct', 'Language model: a name of the weights '
                           'catalogue, a directory, a .gguf file or a Hugging Face id.')
    connectors: str = parameter('', 'Directory of the trained connectors; package://mpnp_ros/... '
                                'is one that is shipped, empty the one for a camera and a '
                                "lidar; 'none': answer from text alone.")
    dtype: str = parameter('float32', 'Element type of the language model.',
                           choices=('float32', 'bfloat16'))
    weights: str = parameter('dtype', 'How the weights are kept in memory; fewer bits decode '
                             'faster. They are multiplied in float32, which dtype must be then. '
                             'dtype: as computed with.',
                             choices=('dtype', 'bfloat16', 'int8', 'int4'))
    compile: bool = parameter(True, 'Decode free text with code that is compiled for this machine '
                              'at the first start, where a C++ compiler is found and the model '
                              'allows it; else with transformers.')
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
    adapt_suite: str = parameter('', 'Parameter file of the suite, whose encoders the action '
                                 'adapt encodes bags with; empty: it learns from bags of latents '
                                 'only.', read_only=False)
    adapt_threads: int = parameter(1, 'Torch threads of the process in which adapt learns.',
                                   minimum=1, maximum=256, read_only=False)
    adapted_connectors: str = parameter('', 'Folder of what adapt has learned; empty: '
                                        'mpnp_ros/connectors below $XDG_STATE_HOME or '
                                        '~/.local/state.')
    use_adapted: bool = parameter(False, 'Start with the connectors that adapt has learned on top '
                                  'of `connectors`, if there are any.')
    autostart: bool = autostart_parameter()
