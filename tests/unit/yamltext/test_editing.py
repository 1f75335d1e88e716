"""Changes in YAML that people write: what changed is written anew, every other byte stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.yamltext.editing import edit_yaml
from modelops_bundle.yamltext.events import read_yaml

DOCUMENT = """\
# häufig gefragt
version: "1"
models:   # the list
  # the first
  - id: a # its id
    window: 100 # tokens
    prices:
      # rows
      - {meter: input, amount: "5"}   # old
      - meter: output
        amount: 3
    aliases: [x, 'z']

  # the second
  - id: "b"
    note: |
      two

      lines
  -
    id: c
    empty:
# the end
"""


def edited(tree: dict[str, Any], *paths: str, document: str = DOCUMENT) -> str:
    touched = [tuple(path.split(".")) for path in paths]
    return edit_yaml(document.encode(), tree, touched).decode()


def whole() -> dict[str, Any]:
    root: dict[str, Any] = read_yaml(DOCUMENT.encode(), str).root
    return root


def test_a_scalar_is_changed_in_its_place_and_its_comment_stays() -> None:
    tree = whole()
    tree["models"][0]["window"] = 200
    expected = DOCUMENT.replace("window: 100 #", "window: 200 #")
    assert edited(tree, "models.0.window") == expected


def test_an_item_in_flow_style_is_written_anew_and_its_comment_stays() -> None:
    tree = whole()
    tree["models"][0]["prices"][0]["until"] = "now"
    expected = DOCUMENT.replace(
        '- {meter: input, amount: "5"}   # old',
        '- meter: input\n        amount: "5"\n        until: now   # old',
    )
    assert edited(tree, "models.0.prices.0.until") == expected


def test_items_and_keys_are_added_at_the_end() -> None:
    tree = whole()
    tree["models"][0]["prices"].append({"meter": "image", "when": {"batch": True}})
    tree["models"][1]["status"] = "beta"
    tree["models"] += [{"id": "d"}, {"id": "e", "aliases": ["y"]}]
    paths = ["models.4", "models.3", "models.1.status", "models.0.prices.2"]
    expected = (
        DOCUMENT.replace(
            "        amount: 3\n",
            "        amount: 3\n      - meter: image\n        when:\n          batch: true\n",
        )
        .replace("      lines\n", "      lines\n    status: beta\n")
        .replace("    empty:\n", '    empty:\n  - id: d\n  - id: e\n    aliases:\n      - "y"\n')
    )
    assert edited(tree, *paths) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_keys_that_are_gone_take_their_lines_with_them(newline: str) -> None:
    before = DOCUMENT.replace("\n", newline)
    tree = whole()
    del tree["models"][0]["window"]
    tree["models"][0]["more"] = "yes"
    del tree["models"][1]["note"]
    tree["models"][1]["more"] = "no"
    paths = ("models.0.window", "models.0.more", "models.1.note", "models.1.more")
    expected = before.replace(f"    window: 100 # tokens{newline}", "")
    expected = expected.replace("[x, 'z']", f"[x, 'z']{newline}    more: \"yes\"")
    expected = expected.replace(
        before[before.index("    note: |") : before.index("  -" + newline)],
        f'    more: "no"{newline}',
    )
    assert edited(tree, *paths, document=before) == expected


def test_a_key_that_is_gone_from_the_line_of_its_dash_takes_the_item_with_it() -> None:
    tree = whole()
    tree["models"][1] = {"note": "new"}
    done = read_yaml(edited(tree, "models.1.id", "models.1.note").encode(), str).root
    assert done["models"][1] == {"note": "new"}


def test_what_has_no_value_gets_one() -> None:
    tree = whole()
    tree["models"][2]["empty"] = {"x": "1"}
    expected = DOCUMENT.replace("    empty:\n", '    empty:\n      x: "1"\n')
    assert edited(tree, "models.2.empty.x") == expected


def test_nothing_to_change_changes_nothing() -> None:
    assert edited(whole()) == DOCUMENT


@pytest.mark.parametrize("document", ["", "\n", "# only a comment", "# only a comment\n"])
def test_a_document_begins(document: str) -> None:
    tree = {"models": [{"id": "a"}]}
    new = edited(tree, "models.0", document=document)
    assert new.startswith(document)
    assert new.endswith("models:\n  - id: a\n")
    assert read_yaml(new.encode()).root == tree


def test_a_list_that_is_missing_or_empty_begins() -> None:
    tree = {"version": "1", "models": [{"id": "a"}]}
    for document in ('version: "1"\n', 'version: "1"\nmodels: []\n', 'version: "1"\nmodels:\n'):
        new = edited(tree, "models.0", document=document)
        assert new == 'version: "1"\nmodels:\n  - id: a\n'


def test_line_ends_and_the_mark_at_the_beginning_stay() -> None:
    tree = whole()
    tree["models"][1]["status"] = "beta"
    windows = b"\xef\xbb\xbf" + DOCUMENT.replace("\n", "\r\n").encode()
    new = edit_yaml(windows, tree, [("models", "1", "status")])
    assert new.startswith(b"\xef\xbb\xbf# h")
    assert new.count(b"\n") == new.count(b"\r\n")
    assert new.replace(b"    status: beta\r\n", b"") == windows


def test_a_file_without_a_last_line_end() -> None:
    tree = {"models": [{"id": "a", "b": "c"}]}
    assert edited(tree, "models.0.b", document="models:\n- id: a") == "models:\n- id: a\n  b: c"


def test_a_list_that_is_not_indented_stays_so() -> None:
    tree = {"models": [{"id": "a"}, {"id": "b"}], "z": "1"}
    document = "models:\n- id: a # x\nz: 1\n"
    assert edited(tree, "models.1", document=document) == "models:\n- id: a # x\n- id: b\nz: 1\n"


def test_a_key_that_is_an_alias_is_the_text_that_it_stands_for() -> None:
    document = "models:\n- &k status: beta\n  name: &i id\n- *k : beta\n  *i : b\n"
    tree = {"models": [{"status": "beta", "name": "id"}, {"status": "new", "id": "c"}]}
    assert read_yaml(document.encode()).root["models"][1] == {"status": "beta", "id": "b"}
    new = edited(tree, "models.1.status", "models.1.id", document=document)
    assert new == "models:\n- &k status: beta\n  name: &i id\n- status: new\n  id: c\n"


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6)
SCALARS = st.one_of(NAMES, st.integers(0, 9), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
TREES = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)


@given(TREES, TREES)
def test_what_is_touched_reads_back_and_the_rest_stays(
    before: dict[str, Any], news: dict[str, Any]
) -> None:
    """Every key that is given anew reads back so, and all others as they were."""
    from modelops_bundle.yamltext.writing import write_yaml

    def plain(tree: dict[str, Any]) -> Any:
        return read_yaml(write_yaml(tree)).root

    tree = {**before, **news}
    new = edit_yaml(write_yaml(before), tree, [(key,) for key in news])
    assert read_yaml(new).root == plain(tree)
