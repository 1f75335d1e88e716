"""Anthropic's list of models through its own SDK, which follows the pages, waits and tries again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import anthropic

from modelops_bundle.adapters.model_hosts.access import Address, Secret
from modelops_bundle.adapters.model_hosts.limits import Limits
from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.errors import ModelHostError

__all__ = ["AnthropicHost"]

_STAYS = "What was known of its models stays."
_MOST_PER_PAGE = 1000
_EVERY_STAGE = ["active", "deprecated", "retired"]


class AnthropicHost:
    """See :class:`modelops_bundle.catalog.providers.base.ModelHost`.

    Args:
        config: The provider.
        address: Where its API is.
        secret: Its key.
        limits: Bounds. That on the size of a page is not kept here, as the SDK reads it.
    """

    def __init__(
        self, config: ProviderConfig, address: Address, secret: Secret, limits: Limits | None = None
    ) -> None:
        self._config = config
        self._address = address
        self._secret = secret
        self._limits = limits or Limits()

    @property
    def source(self) -> str:
        """See :attr:`modelops_bundle.catalog.providers.base.ModelHost.source`."""
        return self._address.cited(self._config.models_path or "/v1/models")

    def pages(self) -> Iterator[Any]:
        """See :meth:`modelops_bundle.catalog.providers.base.ModelHost.pages`; the path is the SDK's."""
        end = time.monotonic() + self._limits.total_seconds
        seen: set[str | None] = set()
        try:
            with self._client() as client:
                page = client.models.list(
                    limit=self._config.pagination.size or _MOST_PER_PAGE,
                    extra_query={"lifecycle": _EVERY_STAGE},
                )
                for _ in range(self._limits.pages):
                    yield {"data": _items(page.data)}
                    if not page.has_next_page():
                        return
                    last = page.last_id
                    if last in seen:
                        raise self._error("a page leads back to one that was there before")
                    if time.monotonic() > end:
                        raise self._error("it does not answer in time")
                    seen.add(last)
                    page = page.get_next_page()
        except anthropic.AnthropicError as error:
            raise self._translated(error) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            # What the SDK makes of an answer that is no list of models.
            raise self._error("it answers something that is no list of models") from None
        raise self._error(f"it has more than {self._limits.pages} pages")

    def _client(self) -> anthropic.Anthropic:
        limits = self._limits
        timeout = anthropic.Timeout(limits.read_seconds, connect=limits.connect_seconds)
        return anthropic.Anthropic(
            api_key=self._secret.reveal(),
            base_url=self._address.url,
            max_retries=limits.retries,
            timeout=timeout,
            # To another host, the SDK would send the key along.
            http_client=anthropic.DefaultHttpxClient(
                follow_redirects=False, timeout=timeout, base_url=self._address.url
            ),
        )

    def _translated(self, error: anthropic.AnthropicError) -> ModelHostError:
        if isinstance(error, anthropic.APITimeoutError):
            return self._error("it does not answer in time")
        if isinstance(error, anthropic.APIConnectionError):
            return self._error("it cannot be reached, or broke off")
        if not isinstance(error, anthropic.APIStatusError):
            return self._error("it answers something that is no list of models")
        code = error.status_code
        if code in (401, 403):
            mend = (
                f"Check {self._secret.variable}: it may be wrong, or have been withdrawn. {_STAYS}"
            )
            return self._error(f"it answers {code}", mend)
        if 300 <= code < 400:
            return self._error(
                "it leads to another place, and the key is not sent there",
                f"If that is right, change the provider's base URL. {_STAYS}",
            )
        return self._error(f"it answers {code}")

    def _error(self, why: str, mend: str = _STAYS) -> ModelHostError:
        name = self._config.name or self._config.slug
        return ModelHostError(f"{name} did not tell its models", f"{self.source}: {why}", mend)


def _items(data: Any) -> Any:
    """The items as they came; the SDK lets through what is no list, or no model."""
    if not isinstance(data, list):
        return data
    return [
        each.to_dict(mode="json", warnings=False) if hasattr(each, "to_dict") else each
        for each in data
    ]
