"""The documentation says of each place what the rehearsal insists on."""

from __future__ import annotations

from pathlib import Path

from tests.live.metrics.__main__ import BACKENDS, PLACES, markdown

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_page_has_the_table_of_all_places() -> None:
    insisted = {(place.dag_id, backend.name): backend in place.arrives for place in PLACES for backend in BACKENDS}
    assert f"\n\n{markdown(insisted)}\n\n" in PAGE.read_text()
