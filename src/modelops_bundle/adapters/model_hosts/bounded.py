"""Requests that end: in time, after so many tries, and with so many bytes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from modelops_bundle.adapters.model_hosts.limits import Limits
from modelops_bundle.errors import ModelHostError

__all__ = ["BoundedAdapter", "Deadline", "too_long", "within"]

_PIECE = 64 * 1024
_AGAIN = (429, 500, 502, 503, 504)

T = TypeVar("T")


class Deadline:
    """A moment by which all is to be done."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, not below zero."""
        return max(0.0, self._end - time.monotonic())


def within(deadline: Deadline, work: Callable[[], T]) -> T:
    """What some work comes to, if it does so in time.

    The time-outs of a connection count from one piece to the next, and none of them counts while a name is
    looked up: who sends a byte now and then could hold up a program for days.

    Raises:
        TimeoutError: It is not done. It goes on in a thread of its own, which nobody waits for.
    """
    done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.put((None, error))

    threading.Thread(target=run, name="model-list", daemon=True).start()
    try:
        result, error = done.get(timeout=deadline.left)
    except Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


def too_long(provider: str, limits: Limits) -> ModelHostError:
    """The error about a page that has more bytes than are read."""
    return ModelHostError(
        f"{provider} did not tell its models",
        f"it sends more than {limits.page_bytes} bytes",
        "Check the provider's base URL. What was known of its models stays.",
    )


class BoundedAdapter(HTTPAdapter):
    """Reads an answer whole, unless it is too long or takes too long, and asks again where that may help."""

    def __init__(self, limits: Limits, deadline: Deadline, name: str) -> None:
        self._limits = limits
        self._deadline = deadline
        self._provider = name
        again = _Retry(
            total=limits.retries,
            backoff_factor=limits.backoff_seconds,
            status_forcelist=_AGAIN,
            allowed_methods=frozenset(("GET",)),
            raise_on_status=False,
            deadline=deadline,
            name=name,
        )
        super().__init__(max_retries=again)

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        """Send a request and read the answer.

        Raises:
            ModelHostError: The answer is too long.
            requests.RequestException: It cannot be had.
        """
        options["stream"] = True
        connect, read = options.get("timeout") or (None, None)
        left = max(0.001, self._deadline.left)
        options["timeout"] = (min(connect or left, left), min(read or left, left))
        try:
            return within(self._deadline, lambda: self._answered(request, *args, **options))
        except TimeoutError:
            raise requests.Timeout from None

    def _answered(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        response = super().send(request, *args, **options)
        try:
            response._content = self._body(response)
        finally:
            response.raw.release_conn()
            response.close()
        response._content_consumed = True  # type: ignore[attr-defined]
        return response

    def _body(self, response: requests.Response) -> bytes:
        pieces, size = [], 0
        for piece in response.iter_content(_PIECE):
            size += len(piece)
            if size > self._limits.page_bytes:
                raise too_long(self._provider, self._limits)
            pieces.append(piece)
        return b"".join(pieces)


class _Retry(Retry):
    """Waits as it is told to, but not beyond the deadline."""

    def __init__(self, *args: Any, deadline: Deadline, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline = deadline
        self._name = name

    def new(self, **options: Any) -> _Retry:
        """A copy with something changed, as each try makes one."""
        return super().new(deadline=self._deadline, name=self._name, **options)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next try.

        Raises:
            ModelHostError: It would take longer than there is time.
        """
        asked = self.get_retry_after(response) if response is not None else None
        wait = self.get_backoff_time() if asked is None else asked
        if wait > self._deadline.left:
            status = f" after {response.status}" if response is not None else ""
            raise ModelHostError(
                f"{self._name} did not tell its models",
                f"it wants to be left alone for {wait:.0f} seconds{status}",
                "Try again later. What was known of its models stays.",
            )
        super().sleep(response)
