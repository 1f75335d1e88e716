"""Anthropic's list of models through its own SDK, which follows the pages, waits and tries again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import anthropic

from modelops_bundle.adapters.model_hosts.access import Address, Secret
from modelops_bundle.adapters.model_hosts.bounded import Deadline, too_long, within
from modelops_bundle.adapters.model_hosts.echoes import repeats_key
from modelops_bundle.adapters.model_hosts.limits import Limits
from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.errors import ModelHostError

__all__ = ["AnthropicHost"]

_STAYS = "What was known of its models stays."
_MOST_PER_PAGE = 1000
_EVERY_STAGE = ["active", "deprecated", "retired"]
#: How headers begin that a request needs.
_OWN = ("host", "accept", "connection", "user-agent", "anthropic-version", "x-stainless-")


class AnthropicHost:
    """See :class:`modelops_bundle.catalog.providers.base.ModelHost`.

    Args:
        config: The provider.
        address: Where its API is.
        secret: Its key.
        limits: Bounds.
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
        deadline = Deadline(self._limits.total_seconds)
        seen: set[str | None] = set()
        try:
            with self._client() as client:
                page = within(deadline, lambda: self._first_page(client))
                for _ in range(self._limits.pages):
                    items = _items(page.data)
                    if repeats_key(items, self._secret):
                        raise self._error("its answer repeats the key")
                    yield {"data": items}
                    if not page.has_next_page():
                        return
                    last = page.last_id
                    if last in seen:
                        raise self._error("a page leads back to one that was there before")
                    seen.add(last)
                    page = within(deadline, page.get_next_page)
        except TimeoutError:
            raise self._error("it does not answer in time") from None
        except anthropic.AnthropicError as error:
            raise self._translated(error) from None
        except ModelHostError:
            raise
        except Exception:  # noqa: BLE001 - what the SDK makes of an answer that is no list of models
            raise self._error("it answers something that is no list of models") from None
        raise self._error(f"it has more than {self._limits.pages} pages")

    def _first_page(self, client: anthropic.Anthropic) -> Any:
        return client.models.list(
            limit=self._config.pagination.size or _MOST_PER_PAGE,
            extra_query={"lifecycle": _EVERY_STAGE},
        )

    def _client(self) -> anthropic.Anthropic:
        limits = self._limits
        timeout = anthropic.Timeout(limits.read_seconds, connect=limits.connect_seconds)
        return anthropic.Anthropic(
            api_key=self._secret.reveal(),
            base_url=self._address.url,
            max_retries=limits.retries,
            timeout=timeout,
            http_client=_Client(
                self._secret,
                partial(too_long, self._name, limits),
                limits.page_bytes,
                timeout=timeout,
                base_url=self._address.url,
            ),
        )

    def _translated(self, error: anthropic.AnthropicError) -> ModelHostError:
        if isinstance(error.__cause__, ModelHostError):
            return error.__cause__
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
        what = f"{self._name} did not tell its models"
        return ModelHostError(what, f"{self.source}: {why}", mend)

    @property
    def _name(self) -> str:
        return self._config.name or self._config.slug


class _Client(anthropic.DefaultHttpxClient):
    """Sends nothing that was meant for another server, and reads no more than a page may have.

    Args:
        secret: The key.
        too_long: What to raise about more.
        most: Bytes of an answer.
        options: As for any client.
    """

    def __init__(
        self, secret: Secret, too_long: Callable[[], ModelHostError], most: int, **options: Any
    ) -> None:
        # To another host, the SDK would send the key along.
        super().__init__(follow_redirects=False, **options)
        self._secret = secret
        self._too_long = too_long
        self._most = most

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request, and read the answer."""
        # Variables of the SDK's own hold further headers and tokens, for the server that they were set for.
        for name in [each for each in request.headers if not each.lower().startswith(_OWN)]:
            del request.headers[name]
        request.headers["x-api-key"] = self._secret.reveal()
        # A little that is compressed may be a lot. Where it is all the same, it is no JSON.
        request.headers["Accept-Encoding"] = "identity"
        response = super().send(request, **{**options, "stream": True})
        try:
            content = self._content(response)
        finally:
            response.close()
        headers = response.headers.copy()
        headers.pop("Content-Encoding", None)
        return type(response)(
            response.status_code, headers=headers, content=content, request=request
        )

    def _content(self, response: Any) -> bytes:
        pieces, size = [], 0
        for piece in response.iter_raw():
            size += len(piece)
            if size > self._most:
                raise self._too_long()
            pieces.append(piece)
        return b"".join(pieces)


def _items(data: Any) -> Any:
    """The items as they came; the SDK lets through what is no list, or no model."""
    if not isinstance(data, list):
        return data
    return [
        each.to_dict(mode="json", warnings=False) if hasattr(each, "to_dict") else each
        for each in data
    ]
