"""Hosted language models: what they are called, what they can do, and what they cost at a date.

Example::

    from modelops_bundle import catalog

    catalog.resolve("openai/gpt-4o", on=date(2024, 9, 1)).id  # 'gpt-4o-2024-05-13'

Nothing is read until it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelops_bundle.catalog.entries import ModelEntry, Price
    from modelops_bundle.catalog.loading import load, reload, resolve
    from modelops_bundle.catalog.pricing import Cost, Usage
    from modelops_bundle.catalog.providers.base import Provider
    from modelops_bundle.catalog.snapshot import Catalog

__all__ = [
    "Catalog",
    "Cost",
    "ModelEntry",
    "Price",
    "Provider",
    "Usage",
    "load",
    "reload",
    "resolve",
]

_HOMES = {
    "Catalog": "snapshot",
    "Cost": "pricing",
    "ModelEntry": "entries",
    "Price": "entries",
    "Provider": "providers.base",
    "Usage": "pricing",
    "load": "loading",
    "reload": "loading",
    "resolve": "loading",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    # The next one who asks finds it here.
    globals()[name] = value
    return value
