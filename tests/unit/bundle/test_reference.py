"""How a user says which bundle is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle.reference import Reference, is_tag, parse_reference
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.digest import Digest

HEX = "0123456789abcdef" * 4
DIGEST = Digest("sha256", HEX)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ghcr.io/lab/model", Reference("ghcr.io", "lab/model")),
        ("localhost:5000/model:v1", Reference("localhost:5000", "model", "v1")),
        ("[::1]:5000/model", Reference("[::1]:5000", "model")),
        ("r.io/a__b/c-d.e:V_1.2-x", Reference("r.io", "a__b/c-d.e", "V_1.2-x")),
        (f"r.io/m@sha256:{HEX}", Reference("r.io", "m", None, DIGEST)),
        (f"r.io/m:v1@sha256:{HEX}", Reference("r.io", "m", None, DIGEST)),
        ("oci-layout:/srv/bundles", Reference("", "/srv/bundles")),
        ("oci-layout:/srv/bundles:v1", Reference("", "/srv/bundles", "v1")),
        ("oci-layout:C:/bundles:v1", Reference("", "C:/bundles", "v1")),
        ("oci-layout:out", Reference("", "out")),
        (f"oci-layout:/srv/b@sha256:{HEX}", Reference("", "/srv/b", None, DIGEST)),
    ],
)
def test_each_form_is_read(text: str, expected: Reference) -> None:
    assert parse_reference(text) == expected
    assert parse_reference(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "model", "model:v1", "/model", "r.io/", "r.io/Model", "r.io/a//b", "r.io/a/", "r.io/-a",
        "r.io/a___b", "r.io/a..b", "r.io/a:", "r.io/a:-v", "r.io/a:v1:v2", f"r.io/a:{'v' * 129}",
        f"r.io/{'a' * 256}", "r.io/a@sha256:", f"r.io/a@sha256:{HEX[1:]}", f"r.io/a@sha256:{HEX.upper()}",
        f"r.io/a@sha256:{HEX}:v1", f"r.io/a@sha512:{HEX}", "r.io/a b", "r.io/a\n", "r.io\n/a", "-r.io/a",
        "r..io/a", "r.io:port/a", "r.io:123456/a", "https://r.io/a", "user@r.io/a", "../a", "oci-layout:",
        "oci-layout::v1", "oci-layout:a\0b", "oci-layout:a:b c", f"oci-layout:/a@sha256:{HEX[1:]}",
    ],
)  # fmt: skip
def test_what_is_none_is_refused_in_the_user_s_words(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert repr(text) in caught.value.what
    assert "host[:port]/repository" in caught.value.mend


@pytest.mark.parametrize("text", ["../shared", "./a/b:v1", "/srv/bundles", "~/bundles"])
def test_a_path_is_shown_as_it_is_to_be_named(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert f"oci-layout:{text}," in caught.value.mend


@pytest.mark.parametrize("text", ["model", "a_b/c", "/a\0b", "/a\x1b[2J", f"/{'a' * 300}"])
def test_what_looks_like_no_path_is_not_shown_as_one(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert text not in caught.value.mend


def test_it_says_where_and_which() -> None:
    named = parse_reference(f"r.io/m@sha256:{HEX}")
    assert (named.place, named.wanted, named.is_layout) == ("r.io/m", f"sha256:{HEX}", False)
    layout = parse_reference("oci-layout:/srv/b")
    assert (layout.place, layout.wanted, layout.is_layout) == ("oci-layout:/srv/b", "latest", True)
    assert str(named.at("v2")) == "r.io/m:v2"
    assert parse_reference("r.io/m:v1").wanted == "v1"


@pytest.mark.parametrize("part", ["a-", "a.", "a__", "a/", "a_"])
def test_a_long_text_is_judged_at_once(part: str) -> None:
    for text in (f"{part * 20_000}!/x", f"r.io/{part * 20_000}!"):
        with pytest.raises(UsageError):
            parse_reference(text)


@given(st.text(max_size=40) | st.from_regex(r"\A[a-z.:@/\[\]-]{1,30}\Z"))
def test_any_text_is_a_reference_that_can_be_written_again_or_an_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except UsageError:
        return
    assert parse_reference(str(reference)) == reference
    assert reference.tag is None or is_tag(reference.tag)
