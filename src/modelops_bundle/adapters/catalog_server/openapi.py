"""What ``/openapi.json`` says beyond what FastAPI finds out: every error, conditions and headers."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from modelops_bundle.adapters.catalog_server.problems import PROBLEM_TYPE
from modelops_bundle.adapters.catalog_server.schemas import Problem

__all__ = ["complete", "described"]

_MEANINGS = {
    400: "The question is too long.",
    403: "Refused: it does not come from a program on this machine.",
    404: "No model of this name is known, or none is attested at the date; with suggestions.",
    409: "The name means several models, which are named; or the document cannot be used.",
    421: "The Host header names another host than this one.",
    422: "A parameter is unknown, given twice or cannot be used.",
    500: "A bug of the server.",
}
_OF_ALL = (400, 421, 422, 500)
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Entity tags of answers that are there already, or *.",
    "schema": {"type": "string"},
}
_HEADERS = {
    "ETag": {
        "description": "Changes when, and only when, the content does.",
        "schema": {"type": "string"},
    },
    "Cache-Control": {
        "description": "Answers may be kept, and are to be revalidated.",
        "schema": {"type": "string"},
    },
}


def described(operation_id: str, model: type[BaseModel], *codes: int) -> dict[str, Any]:
    """What a route is declared with: its answer, and the errors that it may give."""
    responses: dict[int, dict[str, Any]] = {200: {"model": model}}
    for code in sorted({*codes, *_OF_ALL}):
        responses[code] = {"model": Problem, "description": _MEANINGS[code]}
    return {"operation_id": operation_id, "responses": responses, "response_model": None}


def complete(app: FastAPI) -> None:
    """Let an app's description name media types of errors, and what all answers have in common."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            for methods in document["paths"].values():
                for method, operation in methods.items():
                    _complete(operation, is_read=method == "get")
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(operation: dict[str, Any], *, is_read: bool) -> None:
    responses = operation["responses"]
    for code, response in responses.items():
        content = response.get("content", {})
        if int(code) >= 400 and "application/json" in content:
            content[PROBLEM_TYPE] = content.pop("application/json")
    if is_read and operation["operationId"] != "get_health":
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        responses["200"]["headers"] = _HEADERS
        responses["304"] = {"description": "Nothing has changed.", "headers": _HEADERS}
