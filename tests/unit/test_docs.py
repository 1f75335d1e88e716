"""The docs agree with the program, and the checks that say so notice when they do not."""

from __future__ import annotations

import doctest
import importlib
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def check_docs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "dev")
    return importlib.import_module("check_docs")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The docs, in a place where they may be spoilt."""
    for name in ("README.md", "CHANGELOG.md", "Makefile"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "src").symlink_to(ROOT / "src", target_is_directory=True)
    return tmp_path


def test_the_docs_agree_with_the_program(check_docs: ModuleType) -> None:
    assert list(check_docs.problems(ROOT)) == []


SPOILT = [
    ("commands.md", r"\| `--check` \|.*\n", "", "mops-bundle status does not document --check"),
    ("commands.md", r"\| `--check` \|", "| `--chick` |", "mops-bundle status has no --chick"),
    ("commands.md", r"## `mops-bundle doctor`", "## Doctor", "does not document doctor"),
    ("commands.md", r"\| `--no-cache` \|.*\n", "", "every command does not document --no-cache"),
    ("commands.md", r"\| `NAME` \| The set's.*\n", "", "mops-bundle target-set set does not"),
    ("configuration.md", r"\| `exclude` \|.*\n", "", "does not document exclude"),
    ("configuration.md", r"\| `include` \|", "| `includes` |", "has no includes"),
    ("configuration.md", r"67108864", "1000", "the default of table_limit is 67108864"),
    ("python-api.md", r"### `modelops_bundle.hashing.file_hash`", "### file", "document modelops"),
    ("python-api.md", r"`modelops_bundle.registry.Problem`", "`x`", "registry.Problem"),
    ("registry.md", r"\| `weight` \|.*\n", "", "TargetEntry does not document weight"),
    ("registry.md", r"\| `scenarios` \|", "| `scenario` |", "ModelEntry has no scenario"),
    ("environment-variables.md", r"\| `MODELOPS_THREADS` \|.*\n", "", "MODELOPS_THREADS"),
    ("environment-variables.md", r"`TMPDIR`, ", "", "does not document TMPDIR"),
    ("files.md", r"\(registry.md\)", "(registries.md)", "registries.md leads nowhere"),
    ("exit-codes.md", r"\Z", "\n[x](json.md#no-such)\n", "json.md#no-such has no such heading"),
    ("exit-codes.md", r"\Z", "\nUse `mops-bundle status --chek`.\n", "has no option --chek"),
    ("exit-codes.md", r"\Z", "\n```sh\nmops-bundle statos\n```\n", "no command statos"),
    ("exit-codes.md", r"\Z", "\n```sh\n$ mops-bundle -Q x status\n```\n", "no option -Q before"),
    ("exit-codes.md", r"\Z", "\n```sh\nmake tea\n```\n", "make has no target tea"),
    ("exit-codes.md", r"\Z", "\n```sh\nmops-bundle why 'x\n```\n", "no shell reads"),
]


@pytest.mark.parametrize(("page", "pattern", "new", "problem"), SPOILT)
def test_what_is_wrong_in_the_docs_is_found(
    check_docs: ModuleType, copied: Path, page: str, pattern: str, new: str, problem: str
) -> None:
    path = copied / "docs" / "reference" / page
    text = path.read_text(encoding="utf-8")
    spoilt = re.sub(pattern, new, text, count=1)
    assert spoilt != text
    path.write_text(spoilt, encoding="utf-8")

    assert any(problem in found for found in check_docs.problems(copied))


def test_a_page_that_nothing_leads_to_is_found(check_docs: ModuleType, copied: Path) -> None:
    (copied / "docs" / "lost.md").write_text("# Lost\n", encoding="utf-8")

    assert list(check_docs.problems(copied)) == ["docs/lost.md: docs/index.md does not link to it"]


def test_examples_of_the_python_api_hold() -> None:
    text = (ROOT / "docs" / "reference" / "python-api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(>>> .*?)```", text, re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("".join(blocks), {}, "python-api.md", None, 0)

    results = doctest.DocTestRunner().run(examples)

    assert results.attempted > len(blocks) > 0
    assert results.failed == 0


class TestSessions:
    @pytest.fixture
    def check_sessions(self, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        monkeypatch.syspath_prepend(ROOT / "dev")
        return importlib.import_module("check_sessions")

    def test_the_tutorial_shows_what_is_printed(self, check_sessions: ModuleType) -> None:
        page = ROOT / "docs" / "tutorial" / "first-project.md"

        assert check_sessions.main([str(page)]) == 0

    def test_another_output_is_found(self, check_sessions: ModuleType, tmp_path: Path) -> None:
        lines = ["<!-- session -->", "```console", "$ echo one", "two", "```"]

        ((step, printed),) = check_sessions.replay(lines)

        assert step.shown == ("two",)
        assert printed == ["one"]
        assert not check_sessions.matches(step.shown, printed)

    @pytest.mark.parametrize(
        ("shown", "printed", "same"),
        [
            (["a", "...", "c"], ["a", "b", "b", "c"], True),
            (["a", "...", "c"], ["a", "c"], True),
            (["a", "..."], ["b"], False),
            (["python 3.11.7"], ["python 3.13.0"], True),
            (["x 1ff6d982e84c"], ["x ec2e7cd64de9"], True),
            (["x 1ff6d982e84c"], ["x 1.5"], False),
            (["a"], ["a", ""], True),
        ],
    )
    def test_what_depends_on_the_machine_is_levelled(
        self, check_sessions: ModuleType, shown: list[str], printed: list[str], same: bool
    ) -> None:
        assert check_sessions.matches(tuple(shown), printed) is same


class TestPictures:
    @pytest.fixture
    def pictures(self, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        monkeypatch.syspath_prepend(ROOT / "dev")
        return importlib.import_module("pictures")

    def test_they_show_what_the_commands_show(self, pictures: ModuleType) -> None:
        for name, picture in pictures.drawn().items():
            kept = (ROOT / "docs" / "pictures" / f"{name}.svg").read_text(encoding="utf-8")

            assert texts_of(picture) == texts_of(kept), "run `python dev/pictures.py`"


def texts_of(picture: str) -> list[str]:
    """What a picture says, wherever it is drawn."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)
