"""What the ecosystem's own reader of ``registry.yaml`` accepts, restated as rules over ``yaml.safe_load``.

It knows its own keys and ignores others. Text is never made from numbers or dates, numbers may be written
as text, and ``null`` stands only where a key is optional.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import yaml

_REQUIRED = object()


class RefusedError(Exception):
    """The ecosystem's loader would raise."""


def _text(value: Any) -> str:
    if type(value) is not str:
        raise RefusedError(f"not text: {value!r}")
    return value


def _path(value: Any) -> str:
    return str(PurePosixPath(_text(value)))


def _number(value: Any) -> float:
    if type(value) not in (int, float, str):
        raise RefusedError(f"not a number: {value!r}")
    try:
        return float(value)
    except ValueError as error:
        raise RefusedError(f"not a number: {value!r}") from error


def _optional(read):
    return lambda value: None if value is None else read(value)


def _list(read):
    def read_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise RefusedError(f"not a list: {value!r}")
        return [read(item) for item in value]

    return read_list


def _map(read):
    def read_map(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise RefusedError(f"not a mapping: {value!r}")
        return {_text(key): read(item) for key, item in value.items()}

    return read_map


def _record(**fields):
    def read_record(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise RefusedError(f"not a mapping: {value!r}")
        result = {}
        for name, (read, default) in fields.items():
            if name not in value and default is _REQUIRED:
                raise RefusedError(f"no {name}")
            result[name] = read(value[name]) if name in value else default
        return result

    return read_record


_model = _record(
    entrypoint=(_text, _REQUIRED),
    path=(_path, _REQUIRED),
    class_name=(_text, _REQUIRED),
    scenarios=(_list(_text), []),
    parameters=(_list(_text), []),
    outputs=(_list(_text), []),
    data=(_list(_path), []),
    data_digests=(_map(_text), {}),
    code=(_list(_path), []),
    code_digests=(_map(_text), {}),
    model_digest=(_optional(_text), None),
)
_target = _record(
    path=(_path, _REQUIRED),
    entrypoint=(_text, _REQUIRED),
    model_output=(_text, _REQUIRED),
    data=(_list(_path), []),
    target_digest=(_optional(_text), None),
    labels=(_map(_text), {}),
    weight=(_optional(_number), None),
)
_set = _record(targets=(_list(_text), []), weights=(_map(_number), {}))
_registry = _record(
    version=(_text, "1.0"),
    models=(_map(_model), {}),
    targets=(_map(_target), {}),
    target_sets=(_map(_set), {}),
)


def load(data: bytes) -> dict[str, Any]:
    """The ecosystem's view of the file.

    Raises:
        RefusedError: It would not load.
    """
    try:
        return _registry(yaml.safe_load(data.decode("utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RefusedError(str(error)) from error
