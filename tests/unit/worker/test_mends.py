"""What is advised about a read that is not declared."""

from __future__ import annotations

from modelops_bundle.worker.mends import mend


def test_only_what_there_is_an_option_for_is_advised() -> None:
    assert mend("data", "a b.csv", "m.py", "M") == (
        "mops-bundle register-model m.py --class M --data 'a b.csv'"
    )
    assert mend("data", "a.csv", "t.py", "f", is_target=True) == (
        "mops-bundle register-target t.py --target f --data a.csv"
    )
    assert "--llm" in mend("network", "a.example:443", "m.py", "M")
    assert "--llm" not in mend("network", "a.example:443", "t.py", "f", is_target=True)
    assert mend("unheard of", "x", "m.py", "M") == ""
