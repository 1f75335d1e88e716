"""The compiled form gives back the records that it was made of, one at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelops_bundle.catalog.compiled import Shelf, compile_catalog
from modelops_bundle.catalog.entries import Alias, Authentication, ModelEntry, ProviderConfig

A = ModelEntry(id="a", provider="acme", display_name="größe\u2028", aliases=(Alias(name="x"),) * 2)
B = ModelEntry(id="b/c", provider="acme", aliases=(Alias(name="x"), Alias(name="y")))
C = ModelEntry(id="a", provider="apex")
CONFIG = ProviderConfig(slug="acme", authentication=Authentication(headers={"version": "1"}))


def test_every_model_is_found_again() -> None:
    shelf = Shelf(compile_catalog([CONFIG], [C, B, A]))
    assert [shelf.read(each.provider, each.id) for each in (A, B, C)] == [A, B, C]
    assert shelf.read("acme", "x") is None
    assert shelf.read("nobody", "a") is None
    assert shelf.providers == {"acme": CONFIG}
    assert shelf.aliases == {"acme": {"x": ["a", "b/c"], "y": ["b/c"]}}
    assert {slug: list(models) for slug, models in shelf.models.items()} == {
        "acme": ["a", "b/c"],
        "apex": ["a"],
    }


def test_equal_records_give_equal_bytes() -> None:
    other = ProviderConfig(slug="apex")
    assert compile_catalog([CONFIG, other], [A, B, C]) == compile_catalog(
        iter([other, CONFIG]), iter([C, A, B])
    )


def test_providers_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        Shelf(compile_catalog([CONFIG], [])).providers["acme"] = CONFIG  # type: ignore[index]


def test_nothing_is_compiled_away() -> None:
    with pytest.raises(ValueError, match="acme/a stands twice"):
        compile_catalog([], [A, replace(A, display_name="another")])
    with pytest.raises(ValueError, match="acme stands twice"):
        compile_catalog([CONFIG, replace(CONFIG, name="Acme")], [])


@pytest.mark.parametrize("data", [b'{"format": 0}\n', b"[]\n", b"{}\n"])
def test_another_format_is_not_read(data: bytes) -> None:
    with pytest.raises(ValueError, match="not compiled in format 1"):
        Shelf(data)
