"""A real HTTP server that answers as the providers of hosted models do, and misbehaves when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from modelops_bundle.catalog.loading import shipped

__all__ = [
    "KEYS",
    "LISTS",
    "Asked",
    "ModelServer",
    "Reply",
    "model_server",
    "payload",
    "running_model_server",
    "usual_model_server",
]

LISTS = Path(__file__).parent / "model_lists"

#: A variable and a key for each provider that needs one; the keys are made up.
KEYS = {
    "openai": ("OPENAI_API_KEY", "sk-secret-openai-3141592653"),
    "anthropic": ("ANTHROPIC_API_KEY", "sk-ant-secret-2718281828"),
    "google": ("GEMINI_API_KEY", "AIza-secret-1414213562"),
    "mistral": ("MISTRAL_API_KEY", "mistral-secret-1732050807"),
    "togetherai": ("TOGETHER_API_KEY", "together-secret-2236067977"),
    "fireworks-ai": ("FIREWORKS_API_KEY", "fw-secret-2449489742"),
    "groq": ("GROQ_API_KEY", "gsk-secret-2645751311"),
    "openrouter": ("OPENROUTER_API_KEY", "sk-or-secret-3162277660"),
    "xai": ("XAI_API_KEY", "xai-secret-3316624790"),
    "deepseek": ("DEEPSEEK_API_KEY", "ds-secret-3605551275"),
    "cohere": ("CO_API_KEY", "co-secret-3741657386"),
}


def payload(name: str) -> bytes:
    """A list of models as a provider answers it."""
    return (LISTS / f"{name}.json").read_bytes()


@dataclass(frozen=True)
class Asked:
    """One request: path below the provider's own, query, and headers in lower case."""

    slug: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer.

    ``cut`` leaves out the end of the body that was announced, ``slow`` waits before it, ``drip`` before each
    byte of it.
    """

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    slow: float = 0.0
    drip: float = 0.0


Behaviour = Callable[[Asked], Reply | bytes]

#: For each provider: the parameter that asks for a page, and the pages by its value.
PAGES: dict[str, tuple[str | None, dict[str, str]]] = {
    "openai": (None, {"": "openai_models"}),
    "anthropic": (
        "after_id",
        {"": "anthropic_models_page1", "claude-opus-4-5-20251101": "anthropic_models_page2"},
    ),
    "google": (
        "pageToken",
        {"": "gemini_models_page1", "opaque-cursor-xyz": "", "more": "gemini_models_page2"},
    ),
    "mistral": (None, {"": "mistral_models"}),
    "togetherai": (None, {"": "together_models"}),
    "fireworks-ai": ("pageToken", {"": "fireworks_models"}),
    "groq": (None, {"": "groq_models"}),
    "openrouter": (None, {"": "openrouter_models"}),
    "xai": (None, {"": "xai_language_models"}),
    "deepseek": (None, {"": "deepseek_models"}),
    "cohere": (
        "page_token",
        {"": "cohere_models", "eyJwYWdlIjoxfQ==": "cohere_models_page2"},
    ),
    "ollama": (None, {"": "ollama_tags"}),
}


def _key_of(slug: str, headers: dict[str, str]) -> str | None:
    how = shipped().providers[slug].authentication
    if not headers.keys() >= {name.lower() for name in how.headers}:
        return None
    if how.header is not None:
        return headers.get(how.header.lower())
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key if scheme == "Bearer" else None


def usual(asked: Asked) -> Reply | bytes:
    """What a provider answers on a good day, to the right key only, which it repeats to a wrong one."""
    parameter, pages = PAGES[asked.slug]
    if asked.slug in KEYS and _key_of(asked.slug, asked.headers) != KEYS[asked.slug][1]:
        wrong = {"error": {"message": f"wrong key {_key_of(asked.slug, asked.headers)}"}}
        return Reply(json.dumps(wrong).encode(), 401)
    if asked.path != shipped().providers[asked.slug].models_path:
        return Reply(b'{"error": "no such path"}', 404)
    token = asked.query.get(parameter, "") if parameter else ""
    if token not in pages:
        return Reply(b'{"error": "bad page"}', 400)
    if not pages[token]:
        return b'{"models": [], "nextPageToken": "more"}'
    return payload(pages[token])


class ModelServer:
    """The server; ``behaviours`` says by provider what is not as usual."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.behaviours: dict[str, Behaviour] = {}
        self.asked: list[Asked] = []

    def url(self, slug: str) -> str:
        """Base URL of a provider."""
        return f"{self.address}/{slug}"

    def answer(self, asked: Asked) -> Reply:
        """What is answered to a request."""
        self.asked.append(asked)
        reply = self.behaviours.get(asked.slug, usual)(asked)
        return Reply(reply) if isinstance(reply, bytes) else reply

    def variables(self, *slugs: str) -> dict[str, str]:
        """Variables with the keys of providers."""
        return dict(KEYS[slug] for slug in slugs if slug in KEYS)

    def document(self, *slugs: str) -> str:
        """A project's document that has providers asked here; what is not named cannot be reached."""
        lines = ["providers:"]
        for slug in PAGES:
            url = self.url(slug) if slug in slugs else "http://127.0.0.1:1"
            lines += [f"  {slug}:", f"    base_url: {url}"]
        return "\n".join(lines) + "\n"


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A server for the block."""
    holder: list[ModelServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            _, slug, rest = parts.path.split("/", 2)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(holder[0].answer(Asked(slug, "/" + rest, query, headers)))

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.slow)
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                body = reply.body[: len(reply.body) - reply.cut]
                for piece in [bytes([each]) for each in body] if reply.drip else [body]:
                    time.sleep(reply.drip)
                    self.wfile.write(piece)
            except OSError:
                self.close_connection = True
            if reply.cut:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        holder.append(ModelServer(f"http://127.0.0.1:{server.server_address[1]}"))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield holder[0]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def running_model_server() -> Iterator[ModelServer]:
    """A server for the tests of a module; ask for ``usual_model_server``."""
    with model_server() as server:
        yield server


@pytest.fixture
def usual_model_server(running_model_server: ModelServer) -> ModelServer:
    """A server that answers as usual, and was not asked yet."""
    running_model_server.asked.clear()
    running_model_server.behaviours.clear()
    return running_model_server
