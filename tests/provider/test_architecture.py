"""The page of the architecture shows the package as it is."""

from __future__ import annotations

from tests.provider import architecture


def test_the_picture_is_made_from_the_code() -> None:
    assert architecture.PAGE.read_text() == architecture.page(), "make architecture draws it anew"


def test_every_folder_is_described() -> None:
    text = architecture.PAGE.read_text().partition("```")[2].partition("```")[2]
    assert [room for room in [*architecture.rooms(), "sandbox"] if f"`{room}/`" not in text] == []


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    assert architecture.direct({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == [("a", "b"), ("b", "c")]
