"""What ``catalog show`` makes of a report, where it is more than a field of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.catalogs import catalog_of

from modelops_bundle.cli.render_catalog_model import model_document, show_model
from modelops_bundle.workflows import catalog_look

CATALOG = catalog_of(
    """
    models:
      - id: early
        provider: acme
        release_date: 2025-01
        prices:
          - {meter: input, unit: 1m_tokens, amount: 2}
          - {meter: output, unit: 1m_tokens, amount: 8, valid_from: 2025-02-01}
    """
)


@pytest.mark.parametrize(
    ("month", "in_force"), [((2024, 12), []), ((2025, 1), [0]), ((2025, 2), [0, 1])]
)
def test_rows_are_in_force_from_the_release_on(
    month: tuple[int, int], in_force: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = catalog_look.show_model(CATALOG, "acme/early", datetime(*month, 1, tzinfo=UTC))
    assert model_document(shown)["prices_in_force"] == in_force
    show_model(shown)
    assert capsys.readouterr().out.count("in force") == len(in_force)
