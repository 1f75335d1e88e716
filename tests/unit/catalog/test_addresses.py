"""Addresses as variables say them."""

from __future__ import annotations

import pytest

from modelops_bundle.catalog.addresses import completed, server_of

OLLAMA = "http://localhost:11434"
OPENAI = "https://api.openai.example/v1"


@pytest.mark.parametrize(
    ("text", "usual", "url"),
    [
        ("http://a.example", OLLAMA, "http://a.example"),
        ("https://a.example/v1", OLLAMA, "https://a.example/v1"),
        ("a.example", OLLAMA, "http://a.example:11434"),
        ("a.example/api", OLLAMA, "http://a.example:11434/api"),
        ("a.example:80", OLLAMA, "http://a.example:80"),
        (" 10.0.0.7:1 ", OLLAMA, "http://10.0.0.7:1"),
        ("[::1]", OLLAMA, "http://[::1]:11434"),
        ("[::1]:1", OLLAMA, "http://[::1]:1"),
        (":1", OLLAMA, "http://localhost:1"),
        ("0.0.0.0", OLLAMA, "http://127.0.0.1:11434"),
        ("http://0.0.0.0:1/x", OLLAMA, "http://127.0.0.1:1/x"),
        ("0.0.0.0.a.example", OLLAMA, "http://0.0.0.0.a.example:11434"),
        ("[::]:1", OLLAMA, "http://[::1]:1"),
        ("a.example", OPENAI, "https://a.example"),
        ("a.example", None, "http://a.example"),
        ("a.example", "http://b.example:port", "http://a.example"),
        ("https://a.example/https://b.example", OPENAI, "https://a.example/https://b.example"),
    ],
)
def test_what_is_lacking_is_as_usual(text: str, usual: str | None, url: str) -> None:
    assert completed(text, usual) == url


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://A.example/v1", "a.example:443"),
        ("http://a.example", "a.example:80"),
        ("http://a.example:8080", "a.example:8080"),
        ("http://user:word@a.example:1", "a.example:1"),
        ("http://[::1]:1", "::1:1"),
        ("ftp://a.example", ""),
        ("http://a.example:port", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_the_server_of_an_address(url: str, server: str) -> None:
    assert server_of(url) == server
