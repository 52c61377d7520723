"""What the pictures of the documentation show and weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.blocks import PAGES, ROOT
from tests.docs.pictures import end_of, page_of

if TYPE_CHECKING:
    from pathlib import Path

PICTURES = sorted((ROOT / "docs" / "images").iterdir())


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_small_and_on_a_page(picture: Path) -> None:
    assert picture.stat().st_size < 150_000
    assert any(f"images/{picture.name})" in page.read_text() for page in PAGES)


def test_the_picture_of_the_demonstration_begins_at_the_totals_and_leaves_out_the_time() -> None:
    output = "Airflow runs it ...\n\nnami:\nsymbol\n\nvenue    orders\nnami         12\n\nflat <0>\nIt took 9 s.\n"
    shown = end_of(output)
    assert shown == "$ make demo\n...\nvenue    orders\nnami         12\n\nflat <0>"
    assert "flat &lt;0&gt;" in page_of(shown)
