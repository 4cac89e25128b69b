# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What every encoder is: sensor messages in, latent tokens with directions out; and the registry.

A new encoder is one module in this package with one class under `@register('name')`: it is found
by its name, its options become ROS parameters, and the contract tests run over it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
import dataclasses
from dataclasses import dataclass
import functools
import importlib
import math
import pkgutil
import typing
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from torch import nn, Tensor

from mpnp_ros.encoders.quality import Quality
from mpnp_ros.setting import setting


class InputError(ValueError):
    """A sensor message that cannot be used; the text names the field and the cause."""


@dataclass(frozen=True)
class View:
    """Where one sensor of a modality looks, as far as it is known.

    :ivar name: name of the view, e.g. 'front'.
    :ivar base_from_sensor: [4, 4] metres, sensor frame to base frame (x forward, y left, z up,
        REP 103); a camera's sensor frame is its optical frame (z forward, x right, y down).
    :ivar intrinsics: [3, 3] camera matrix in pixels (`k` of sensor_msgs/msg/CameraInfo).
    :ivar image_size: (width, height) in pixels that the intrinsics hold for.
    :ivar azimuth: rad, counter-clockwise from base +x; used without `base_from_sensor`.
    :ivar hfov: rad, horizontal field of view; used without `intrinsics`.
    """

    name: str
    base_from_sensor: np.ndarray | None = None
    intrinsics: np.ndarray | None = None
    image_size: tuple[int, int] | None = None
    azimuth: float | None = None
    hfov: float | None = None


@dataclass(frozen=True)
class Encoded:
    """Latent tokens of all views of one modality.

    :ivar tokens: [T, W] float32 on the CPU.
    :ivar azimuth: [T] float32, rad in (-pi, pi], counter-clockwise from base +x; NaN: none.
    :ivar view: [T] int64, index into the views that were encoded together.
    """

    tokens: Tensor
    azimuth: Tensor
    view: Tensor


def option(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    in_id: bool = True,
) -> Any:
    """Return a field of an encoder's `Options`.

    :param in_id: whether the value is part of the encoder's id, that is, whether connectors
        trained with another value must be refused. Leave it out where the id names the effect
        in another way (weights) or where only speed and rounding change (number format).
    """
    return setting(default, description, minimum=minimum, maximum=maximum, choices=choices,
                   in_id=in_id)


class Encoder(ABC):
    """Turn the sensor messages of one kind into latent tokens; one class per kind of sensor.

    `decode` and `encode` are called from one thread, not necessarily the one that constructed
    the encoder. Neither depends on earlier calls: the same samples give the same tokens.
    """

    name: ClassVar[str]
    """Name in the registry, set by `register`."""
    message_types: ClassVar[tuple[str, ...]]
    """ROS message types that `decode` takes, the usual one first."""
    uses_camera_info: ClassVar[bool] = False
    """Whether `encode` makes use of `View.intrinsics`."""
    layout: ClassVar[str] = ''
    """What the first `layout_width` values of every token mean; encoders that share a layout tell
    the same things in the same places, whatever their sensor."""
    layout_width: ClassVar[int] = 0
    value_names: ClassVar[tuple[str, ...]] = ()
    """What the first values of every token stand for, in the words of questions, '' for none: of
    a token with such a value, questions that use the word are."""
    # Set by the constructors of encoders that have weights; the others say in another way.
    _weights_name: str
    _weights_hash: str

    @dataclass(frozen=True)
    class Options:
        """Options of the encoder; the encoder node declares each as `options.<field>`."""

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        """Load the weights, from this machine only (`mpnp_ros.core.weights.locate`)."""
        self.options = options
        self.device = torch.device(device)

    @property
    def id(self) -> str:
        """Return class, weights and every option that changes the tokens, in one line."""
        shown = ','.join(
            f'{field.name}={_words(getattr(self.options, field.name))}'
            for field in dataclasses.fields(self.options) if field.metadata.get('in_id', True))
        return '/'.join(part for part in (self.name, self.weights_name, shown) if part)

    @classmethod
    def window_s(cls, options: Any) -> float:
        """Return over how many seconds a sample reaches, 0 where it is a single message.

        With a window, `decode` is given the list of a view's messages since then, oldest first.
        """
        return 0.0

    @property
    def weights_name(self) -> str:
        """Return the name of the weights, without any path of this machine."""
        return self._weights_name

    @property
    def weights_hash(self) -> str:
        """Return the sha256 of the weights, 64 hex digits (of generated ones where untrained)."""
        return self._weights_hash

    @property
    def weights_bytes(self) -> int:
        """Return the memory that the encoder's networks take."""
        networks = [held for held in vars(self).values() if isinstance(held, nn.Module)]
        held = [tensor for network in networks
                for tensor in (*network.parameters(), *network.buffers())]
        return sum(tensor.numel() * tensor.element_size() for tensor in held)

    @property
    @abstractmethod
    def width(self) -> int:
        """Return the number of values per token."""

    @property
    @abstractmethod
    def trained(self) -> bool:
        """Return whether the weights were trained; False for randomly initialised ones."""

    @abstractmethod
    def decode(self, message: Any) -> np.ndarray:
        """Turn a message of one of `message_types` into the array that `encode` takes.

        Duck-typed on the message's fields. Raises InputError naming the field and the cause.
        """

    @abstractmethod
    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode one sample of each view, all in one batch.

        Tokens come in the order of the views. Raises InputError for a sample that holds nothing
        usable, ValueError when samples and views differ in number or there is none.
        """

    def quality(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Quality | None:
        """Judge how much the samples can tell, whatever they show; None: not measured.

        Takes a few milliseconds at most, and depends on nothing but the samples.
        """
        return None

    @staticmethod
    def never_repeats(message: Any) -> Any:
        """Return the buffer of a message that a working sensor never sends twice; None: it may.

        The same bytes under new stamps are then the mark of a sensor that froze: every picture
        and every sweep of a real one carries noise.
        """
        return None


def require_pairs(samples: Sequence[np.ndarray], views: Sequence[View]) -> None:
    """Raise ValueError unless there are as many samples as views, and at least one."""
    if len(samples) != len(views) or not samples:
        raise ValueError(
            f'expected as many samples as views and at least one, got {len(samples)} '
            f'samples and {len(views)} views')


AnyEncoder = TypeVar('AnyEncoder', bound=type[Encoder])

_registered: dict[str, type[Encoder]] = {}


def register(name: str) -> Callable[[AnyEncoder], AnyEncoder]:
    """Make an encoder class known under a name; a name can be taken once."""
    def add(cls: AnyEncoder) -> AnyEncoder:
        known = _registered.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (
                cls.__module__, cls.__qualname__):
            raise ValueError(f'encoder {name!r} is already {known.__module__}.{known.__name__}')
        cls.name = name
        _registered[name] = cls
        return cls
    return add


def names() -> list[str]:
    """Return the names of all encoders, sorted."""
    _discover()
    return sorted(_registered)


def encoder_class(name: str) -> type[Encoder]:
    """Return a registered encoder class; ValueError lists the names there are."""
    _discover()
    if name not in _registered:
        raise ValueError(f'encoder {name!r}: expected one of {", ".join(names())}')
    return _registered[name]


def value_names(encoder_id: str) -> tuple[str, ...]:
    """Return what the first values of an encoder's tokens stand for; none if it is not known."""
    try:
        return encoder_class(encoder_id.split('/')[0]).value_names
    except ValueError:     # of a package that is not here
        return ()


def create(name: str, options: Mapping[str, Any] | None = None, device: str = 'cpu') -> Encoder:
    """Construct an encoder from its name and options; its weights are loaded here.

    :param options: values by field of the class's `Options`; the others keep their defaults.
    :raises ValueError: unknown name or option, wrong type, or a value out of its range.
    :raises mpnp_ros.core.weights.WeightsMissing: the weights are not on this machine.
    """
    cls = encoder_class(name)
    return cls(checked_options(cls, options or {}), device=device)


def checked_options(cls: type[Encoder], given: Mapping[str, Any]) -> Any:
    """Return `cls.Options` with the given values; ValueError names the option and its range."""
    fields = {field.name: field for field in dataclasses.fields(cls.Options)}
    types = typing.get_type_hints(cls.Options)
    values = {}
    for key, value in given.items():
        if key not in fields:
            raise ValueError(f'encoder {cls.name!r} has no option {key!r}: expected one of '
                             f'{", ".join(fields) or "none"}')
        try:
            values[key] = _checked(value, types[key], fields[key].metadata)
        except ValueError as error:
            raise ValueError(f'encoder {cls.name!r}, option {key!r}: {error}') from error
    return cls.Options(**values)


def _checked(value: Any, kind: Any, metadata: Mapping[str, Any]) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    container = typing.get_origin(kind) or kind
    if not isinstance(value, container) or (kind is int and isinstance(value, bool)):
        raise ValueError(f'expected {getattr(kind, "__name__", kind)}, got {value!r}')
    minimum, maximum = metadata.get('minimum'), metadata.get('maximum')
    if minimum is not None and not (isinstance(value, float) and math.isnan(value)):
        if value < minimum:
            raise ValueError(f'{value} is below the minimum {minimum}')
    if maximum is not None and value > maximum:
        raise ValueError(f'{value} is above the maximum {maximum}')
    choices = metadata.get('choices')
    if choices and value not in choices:
        raise ValueError(f'{value!r} is not one of {", ".join(map(str, choices))}')
    return value


def _words(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return '+'.join(map(_words, value))
    return f'{value:g}' if isinstance(value, float) else str(value)


@functools.cache
def _discover() -> None:
    """Import every module of this package, so that a new file is all a new encoder needs."""
    package = importlib.import_module('mpnp_ros.encoders')
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f'{package.__name__}.{module.name}')
