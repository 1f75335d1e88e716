"""DeepSeek. Its list names ids and nothing else, not even dates."""

from __future__ import annotations

from modelops_bundle.catalog.providers.base import Provider

__all__ = ["DeepSeek"]


class DeepSeek(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "deepseek"
