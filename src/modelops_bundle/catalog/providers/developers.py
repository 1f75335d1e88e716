"""Who made a model: one slug for each developer, however providers spell its name."""

from __future__ import annotations

import re

__all__ = ["developer_of_path", "developer_slug"]

_SLUGS = {
    "ai21-labs": "ai21",
    "alibaba-cloud": "alibaba",
    "amazon-web-services": "amazon",
    "black-forest-labs": "black-forest-labs",
    "cohereforai": "cohere",
    "deepseek-ai": "deepseek",
    "google-deepmind": "google",
    "ibm-granite": "ibm",
    "meta-llama": "meta",
    "mistral-ai": "mistral",
    "mistralai": "mistral",
    "moonshot-ai": "moonshotai",
    "qwen": "alibaba",
    "x-ai": "xai",
    "z-ai": "zai",
    "zai-org": "zai",
}

#: What stands in place of an owner where nobody is named.
_NOBODY = frozenset(("system", "library", "organization-owner", "unknown", "user"))


def developer_slug(name: str | None) -> str | None:
    """The slug of a developer: ``Meta`` is ``meta``, ``x-ai`` is ``xai``; ``None`` where nobody is named."""
    if name is None:
        return None
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return None if not plain or plain in _NOBODY else _SLUGS.get(plain, plain)


def developer_of_path(model_id: str) -> str | None:
    """The developer that stands before the slash of an id such as ``meta-llama/Llama-3.3-70B``."""
    owner, slash, _ = model_id.partition("/")
    return developer_slug(owner) if slash else None
