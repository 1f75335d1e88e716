"""How failures of registries are worded.

Servers repeat what they were sent, addresses that are signed and tokens included. So what they say is shown
only in part: their error codes and the beginning of their messages, without the queries of addresses, without
control characters, and without any secret that this process has used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from urllib3 import HTTPHeaderDict

from modelops_bundle.errors import RemoteError

__all__ = [
    "DeniedError",
    "PassingError",
    "Reply",
    "harmless",
    "json_object",
    "mend_for",
    "number_in",
    "reason",
    "refusal",
]

_LONGEST = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_QUERY = re.compile(r"\?[^\s\"'<>)]+")
_NUMBER = re.compile(r"[0-9]{1,18}")
_LEAST_SECRET = 4
_MOST_ERRORS = 3

_REASONS = {
    401: "it does not accept who is asking",
    403: "access is denied",
    404: "it is not there",
    413: "it is too large for the registry",
    429: "it was asked too often",
}
_MENDS = {
    401: "Log in again, for example with `mops-bundle login`.",
    403: "Check the name of the repository, who you are logged in as, and what that account may do.",
    404: "Check the name of the repository and the tag.",
    413: "Raise the limit of the registry, or of the proxy before it.",
    429: "Wait a little and run it again; logging in often raises the limit.",
}
_ITS_FAULT = "Run it again; if it stays so, ask who runs the registry."


class Reply(NamedTuple):
    """An answer that has been read.

    Attributes:
        status: Its status.
        headers: Its headers.
        data: Its body, or the beginning of it.
        url: Who gave it, after redirects.
    """

    status: int
    headers: HTTPHeaderDict
    data: bytes
    url: str


class DeniedError(RemoteError):
    """The registry wants other credentials, or gives them no right to do this."""


class PassingError(Exception):
    """What failed may go well when it is done again.

    Args:
        why: The reason.
        mend: What to do if it stays so.
        after: Seconds after which the server wants to be asked again.
    """

    def __init__(self, why: str, mend: str = _ITS_FAULT, after: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.mend = mend
        self.after = after


def harmless(text: str, secrets: Iterable[str] = ()) -> str:
    """The beginning of another's words, fit to be shown."""
    # A secret may be as long as the whole text, so it goes before anything is cut off.
    for secret in secrets:
        if len(secret) >= _LEAST_SECRET:
            text = text.replace(secret, "...")
    text = " ".join(_CONTROL.sub(" ", _QUERY.sub("?...", text)).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def reason(status: int, data: bytes, secrets: Iterable[str] = ()) -> str:
    """Why a server refuses, by its status and what it says."""
    known = _REASONS.get(status, f"it answers with status {status}")
    told = harmless(_told(data), secrets)
    return f"{known} ({told})" if told else known


def refusal(what: str, reply: Reply, secrets: Iterable[str] = ()) -> RemoteError:
    """The error for an answer that is none of those that were hoped for."""
    kind = DeniedError if reply.status in (401, 403) else RemoteError
    return kind(what, reason(reply.status, reply.data, secrets), mend_for(reply.status))


def mend_for(status: int) -> str:
    """What to do about a refusal."""
    return _MENDS.get(status, _ITS_FAULT)


def number_in(text: str | None) -> int | None:
    """A number as headers have it; ``None`` for anything else."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


def json_object(data: bytes) -> dict[str, Any] | None:
    """A JSON object; ``None`` for anything else."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _told(data: bytes) -> str:
    """What stands in the error document of the OCI distribution specification; nothing of other documents."""
    document = json_object(data) or {}
    errors = document.get("errors")
    if not isinstance(errors, list):
        # As token servers say it.
        errors = [{"code": document.get("error"), "message": document.get("details")}]
    found = [
        ": ".join(part for part in (each.get("code"), each.get("message")) if isinstance(part, str))
        for each in errors[:_MOST_ERRORS]
        if isinstance(each, dict)
    ]
    return "; ".join(filter(None, found))
