"""Names of language models in settings: ``model: gpt-4o`` and the like, in whatever format they are."""

from __future__ import annotations

import re

from modelops_bundle.ports import Files, Unreadable

__all__ = ["model_names_in_settings"]

_SUFFIXES = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf")
# Settings are short. What is longer is data that happens to be written so.
_LARGEST = 256 * 1024
_SETTING = re.compile(
    rb"(?<![\w-])model(?:_?id|_name)?[\"']?[ \t]*[:=][ \t]*[\"']?([A-Za-z0-9][\w.:@/-]{1,199})",
    re.IGNORECASE,
)


def model_names_in_settings(files: Files, path: str) -> tuple[tuple[int, str], ...]:
    """Line and text of each setting that may name a model, in the file at an absolute path."""
    data = files.read(path) if path.lower().endswith(_SUFFIXES) else b""
    if isinstance(data, Unreadable) or len(data) > _LARGEST:
        return ()
    return tuple(
        (data.count(b"\n", 0, match.start()) + 1, match[1].decode("ascii", "replace"))
        for match in _SETTING.finditer(data)
    )
