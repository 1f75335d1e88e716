"""Where each page lies: file names that every system and every web server takes, one for each model.

An id may hold slashes, colons, any letter, and be of any length; two may differ in case alone. One that is a
safe name already is kept; every other gets what is safe of it, and a digest of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from modelops_bundle.identity.recipes import content_digest

__all__ = ["INDEX", "page_addresses"]

#: The page with every model.
INDEX = "index.html"

_UNSAFE = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 80
_DIGITS = 10
#: Names of devices on Windows, and the one that servers show for a folder.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|index")


def page_addresses(ids: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], str]:
    """The page of each model, relative to the index: ``models/openai/gpt-4o.html``.

    Args:
        ids: Ids of models by the slug of their provider.
    """
    addresses: dict[tuple[str, str], str] = {}
    for provider in sorted(ids):
        taken: set[str] = set()
        # Safe ids first, so that no other takes their names.
        for model_id in sorted(set(ids[provider]), key=lambda each: (_safe(each) != each, each)):
            name = _safe(model_id)
            if name in taken:
                name = f"{name}-{_digest(model_id)}"
            taken.add(name)
            addresses[provider, model_id] = f"models/{_safe(provider)}/{name}.html"
    return addresses


def _safe(text: str) -> str:
    kept = _UNSAFE.sub("-", text.lower()).strip(".-")[:_LONGEST].rstrip(".-")
    if kept == text and not _RESERVED.fullmatch(kept):
        return kept
    return "-".join(part for part in (kept, _digest(text)[:_DIGITS]) if part)


def _digest(text: str) -> str:
    return content_digest(text.encode("utf-8", "surrogatepass")).hex
