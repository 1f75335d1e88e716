"""Errors as JSON problem documents (RFC 9457). Nothing else is ever answered where something is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from modelops_bundle.catalog.documents import BrokenCatalogError
from modelops_bundle.errors import HostedModelError, MopsError

__all__ = [
    "PROBLEM_TYPE",
    "ProblemError",
    "add_handlers",
    "problem_body",
    "problem_of_unknown_model",
]

#: Media type of every error.
PROBLEM_TYPE = "application/problem+json"

_STATUS_OF_REASON = {"ambiguous_model": HTTPStatus.CONFLICT}


class ProblemError(Exception):
    """What a client is told instead of an answer.

    Attributes:
        status: Of the answer.
        detail: What is wrong, for people.
        more: Further members of the document.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.more = more
        self.headers = headers


def problem_body(status: int, detail: str, **more: Any) -> bytes:
    """A problem document. Its type is ``about:blank``: the status says what kind it is."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        **{key: value for key, value in more.items() if value is not None},
    }
    return json.dumps(document).encode("ascii")


def problem_of_unknown_model(error: HostedModelError) -> ProblemError:
    """What is told of a name that means no model (404) or several (409)."""
    status = _STATUS_OF_REASON.get(error.reason, HTTPStatus.NOT_FOUND)
    suggestions = list(error.suggestions)
    return ProblemError(status, error.summary, reason=error.reason, suggestions=suggestions)


def problem_of_document(error: MopsError) -> ProblemError:
    """What is told of a catalog that cannot be read again: every fault with its file, line and key."""
    errors = None
    if isinstance(error, BrokenCatalogError):
        errors = [
            {"file": error.file, "line": each.line, "key": each.key, "detail": each.what}
            | {"mend": each.mend}
            for each in error.problems
        ]
    detail = f"{error.summary}. What was served before is still served."
    return ProblemError(HTTPStatus.CONFLICT, detail, reason="broken_catalog", errors=errors)


def add_handlers(app: FastAPI) -> None:
    """Let an app answer every refusal with a problem document; ``delivery`` does so for bugs."""

    @app.exception_handler(ProblemError)
    async def _told(_: Request, error: ProblemError) -> Response:
        return _answer(error)

    @app.exception_handler(RequestValidationError)
    async def _refused(_: Request, error: RequestValidationError) -> Response:
        return _answer(
            ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "The question cannot be answered as it is asked.",
                errors=_faults(error.errors()),
            )
        )

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        told = ProblemError(error.status_code, _WORDS.get(error.status_code, ""))
        told.headers = error.headers
        return _answer(told)


_WORDS = {
    404: "There is nothing here. /openapi.json says what there is.",
    405: "This can only be asked with the methods that Allow names.",
}


def _answer(error: ProblemError) -> Response:
    return Response(
        problem_body(error.status, error.detail, **error.more),
        error.status,
        headers={**(error.headers or {}), "Cache-Control": "no-store"},
        media_type=PROBLEM_TYPE,
    )


def _faults(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """Which parameters are wrong and why, each once. What was given for one is not repeated."""
    faults: dict[tuple[str, str], dict[str, Any]] = {}
    for each in errors:
        place, name = str(each["loc"][0]), str(each["loc"][1])
        detail = str(each["msg"]).removeprefix("Value error, ")
        faults.setdefault((place, name), {"in": place, "name": name, "detail": detail})
    return list(faults.values())
