"""Lists of models over HTTP: every page, with retries, bounds, and a cache on disk.

What is kept never holds a key, nor anything that was answered to another key. What a provider writes into an
error is not quoted, since some write the key there.
"""

from __future__ import annotations

import contextlib
import http
import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urljoin

import requests
from requests.auth import AuthBase
from requests_cache import CachedSession
from urllib3.exceptions import ReadTimeoutError

from modelops_bundle.adapters.addresses import origin_of
from modelops_bundle.adapters.model_hosts.access import Address, Secret
from modelops_bundle.adapters.model_hosts.bounded import BoundedAdapter, Deadline
from modelops_bundle.adapters.model_hosts.echoes import repeats_key
from modelops_bundle.adapters.model_hosts.limits import Limits
from modelops_bundle.adapters.model_hosts.paging import first_parameters, next_token
from modelops_bundle.catalog.entries import Authentication, ProviderConfig
from modelops_bundle.errors import ModelHostError
from modelops_bundle.identity.recipes import content_digest, variable_digest

__all__ = ["HttpModelHost"]

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_REDIRECTS = 5
#: Seconds for which another process may have what is kept.
_MOST_WAIT = 2.0
_STAYS = "What was known of its models stays."

# What it warns of, with a traceback, is told as an error here, or mended.
logging.getLogger("requests_cache").setLevel(logging.CRITICAL)


class HttpModelHost:
    """See :class:`modelops_bundle.catalog.providers.base.ModelHost`.

    Args:
        config: The provider.
        address: Where its API is.
        secret: Its key.
        cache: Folder to keep answers in; ``None`` to keep none.
        limits: Bounds.
    """

    def __init__(
        self,
        config: ProviderConfig,
        address: Address,
        secret: Secret | None,
        cache: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._config = config
        self._address = address
        self._secret = secret
        self._cache = cache
        self._limits = limits or Limits()
        self._asked_at: float | None = None

    @property
    def source(self) -> str:
        """See :attr:`modelops_bundle.catalog.providers.base.ModelHost.source`."""
        return self._address.cited(self._path)

    def pages(self) -> Iterator[Any]:
        """See :meth:`modelops_bundle.catalog.providers.base.ModelHost.pages`."""
        deadline = Deadline(self._limits.total_seconds)
        parameters = first_parameters(self._config.pagination)
        url = self._address.url + self._path
        seen: set[str] = set()
        with self._opened(deadline) as session:
            for _ in range(self._limits.pages):
                page = self._page(session, deadline, url, parameters)
                yield page
                token = next_token(page, self._config.pagination)
                if token is None:
                    return
                if token in seen:
                    raise self._error("a page leads back to one that was there before")
                seen.add(token)
                parameters[self._config.pagination.parameter or ""] = token
        raise self._error(f"it has more than {self._limits.pages} pages")

    # --- one page ---------------------------------------------------------------------------------

    def _page(
        self,
        session: requests.Session,
        deadline: Deadline,
        url: str,
        parameters: Mapping[str, str],
    ) -> Any:
        response = self._response(session, deadline, url, parameters)
        for _ in range(_MOST_REDIRECTS):
            if response.status_code not in _REDIRECTS:
                break
            url = self._next_place(url, response.headers.get("Location", ""))
            response = self._response(session, deadline, url, {})
        if response.status_code != http.HTTPStatus.OK:
            raise self._refused(response)
        try:
            page = _parsed(response.content)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
            known = kind if kind in ("text/html", "text/plain", "application/json") else "unknown"
            raise self._error(f"it answers something that is no JSON (type {known})") from None
        if repeats_key(page, self._secret):
            raise self._error("its answer repeats the key")
        return page

    def _response(
        self,
        session: requests.Session,
        deadline: Deadline,
        url: str,
        parameters: Mapping[str, str],
    ) -> requests.Response:
        self._keep_rate(deadline)
        try:
            return self._got(session, url, parameters)
        except requests.Timeout:
            raise self._error("it does not answer in time") from None
        except requests.exceptions.SSLError:
            raise self._error("its certificate is not trusted") from None
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            silent = isinstance(getattr(error.args[0], "reason", None), ReadTimeoutError)
            why = "it does not answer in time" if silent else "it cannot be reached, or broke off"
            raise self._error(why) from None
        except ModelHostError:
            raise
        except Exception as error:  # noqa: BLE001 - what an odd header makes of the libraries below
            raise self._error(f"the request failed ({type(error).__name__})") from None

    def _got(
        self, session: requests.Session, url: str, parameters: Mapping[str, str]
    ) -> requests.Response:
        options: dict[str, Any] = {
            "params": dict(parameters),
            "headers": {**self._config.authentication.headers, "Accept": "application/json"},
            "auth": _KeyInHeader(self._config.authentication, self._secret),
            "allow_redirects": False,
            "timeout": (self._limits.connect_seconds, self._limits.read_seconds),
        }
        if not isinstance(session, CachedSession):
            return session.get(url, **options)
        try:
            kept = session.get(url, **options)
            if not kept.from_cache or self._may_be_used(kept):
                return kept
            return session.get(url, force_refresh=True, **options)
        except (ModelHostError, requests.RequestException):
            raise
        except Exception:  # noqa: BLE001 - what is kept is damaged or in use; nothing depends on it
            with session.cache_disabled():
                return session.get(url, **options)

    def _may_be_used(self, kept: Any) -> bool:
        """Whether what was kept will do: where none will, only what the provider has confirmed by its tag."""
        is_fresh = self._limits.kept_seconds > 0 or kept.revalidated
        return bool(is_fresh) and kept.status_code == http.HTTPStatus.OK and self._may_be_kept(kept)

    def _next_place(self, url: str, location: str) -> str:
        """Where a redirect leads, if the key may go there."""
        target = urljoin(url, location)
        try:
            same = origin_of(target) == origin_of(url)
        except ValueError:
            same = False
        if not same:
            raise ModelHostError(
                f"{self._name} was not asked",
                f"{self.source} leads to another place, and the key is not sent there",
                "If that is right, change the provider's base URL. " + _STAYS,
            )
        return target

    def _keep_rate(self, deadline: Deadline) -> None:
        if self._config.requests_per_minute and self._asked_at is not None:
            pause = self._asked_at + 60 / self._config.requests_per_minute - time.monotonic()
            if pause > deadline.left:
                raise self._error("its pages take longer than is waited for")
            time.sleep(max(0.0, pause))
        self._asked_at = time.monotonic()

    # --- errors -----------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return self._config.name or self._config.slug

    @property
    def _path(self) -> str:
        return self._config.models_path or "/models"

    def _error(self, why: str) -> ModelHostError:
        return ModelHostError(
            f"{self._name} did not tell its models", f"{self.source}: {why}", _STAYS
        )

    def _refused(self, response: requests.Response) -> ModelHostError:
        code = response.status_code
        with contextlib.suppress(ValueError):
            phrase = http.HTTPStatus(code).phrase
            variable = self._secret.variable if self._secret else None
            mends = {
                401: f"Check {variable or 'its key'}: it may be wrong, or have been withdrawn.",
                403: f"Check what the key in {variable or 'the environment'} may do.",
                404: "Check the provider's base URL.",
                429: "Try again later, or with fewer requests_per_minute.",
            }
            what = f"{self._name} did not tell its models"
            why = f"{self.source} answers {code} {phrase}"
            return ModelHostError(what, why, f"{mends.get(code, 'Try again later.')} {_STAYS}")
        return self._error(f"it answers {code}")

    # --- sessions ---------------------------------------------------------------------------------

    def _opened(self, deadline: Deadline) -> requests.Session:
        session = self._keeping_session() or requests.Session()
        adapter = BoundedAdapter(self._limits, deadline, self._name)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _keeping_session(self) -> CachedSession | None:
        if self._cache is None or self._address.has_own_path:
            # What is kept has the address that was asked.
            return None
        authentication = self._config.authentication
        hidden = ["Authorization", "X-API-Key", "Cookie", "Set-Cookie"]
        hidden += [authentication.header] if authentication.header else []
        try:
            os.makedirs(self._cache, exist_ok=True)
            file = os.path.join(self._cache, f"{self._config.slug}.sqlite")
            _require_free(file)
            return CachedSession(
                file,
                backend="sqlite",
                # Not the default, which is pickle: reading that runs what somebody put there.
                serializer="json",
                decode_content=False,
                # What was asked for at once is kept as well, or the answer before it would come back.
                expire_after=self._limits.kept_seconds or Limits().kept_seconds,
                allowable_codes=(200,),
                filter_fn=self._may_be_kept,
                key_fn=self._cache_key,
                ignored_parameters=hidden,
                # Even when it is asked again at once, what was kept serves the provider's ETag.
                always_revalidate=not self._limits.kept_seconds,
            )
        except (sqlite3.Error, OSError):
            return None

    def _may_be_kept(self, response: requests.Response) -> bool:
        """Only a page, and none that repeats the key."""
        if self._secret is not None:
            key = self._secret.reveal()
            told = f"{response.headers}{response.url}".encode("utf-8", "replace")
            if key.encode() in response.content or key.encode() in told:
                return False
        try:
            return not repeats_key(_parsed(response.content), self._secret)
        except (ValueError, RecursionError):
            return False

    def _cache_key(self, request: Any, **_: Any) -> str:
        """One for each address and key, as each key has a list of its own."""
        secret = self._secret
        who = variable_digest(secret.variable, secret.reveal()) if secret else ""
        # The slug keeps apart what is asked under other headers.
        return str(content_digest(f"{self._config.slug} {request.url} {who}".encode()))


def _require_free(file: str) -> None:
    """Refuse a database that somebody does not let go of: what uses it would wait without end.

    Raises:
        sqlite3.Error: Somebody has it, or it is none.
        OSError: It is no file.
    """
    if os.path.lexists(file) and not os.path.isfile(file):
        raise FileExistsError(file)
    with contextlib.closing(sqlite3.connect(file, timeout=_MOST_WAIT)) as connection:
        connection.execute("begin immediate")
        connection.rollback()


class _KeyInHeader(AuthBase):
    """Puts the key where the provider wants it.

    It stands also where there is no key, because requests would look for one in ``~/.netrc`` else.
    """

    def __init__(self, authentication: Authentication, secret: Secret | None) -> None:
        self._authentication = authentication
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._secret is not None:
            if self._authentication.scheme == "bearer":
                request.headers["Authorization"] = f"Bearer {self._secret.reveal()}"
            elif self._authentication.header:
                request.headers[self._authentication.header] = self._secret.reveal()
        return request


def _parsed(content: bytes) -> Any:
    return json.loads(content, parse_float=_number)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        # Its exponent is beyond all bounds. Whoever reads the item has no use for it.
        return Decimal("NaN")
