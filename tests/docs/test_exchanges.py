"""The page of what each exchange can do is what the adapters and profiles say."""

from __future__ import annotations

from airflow_provider_exchange.exchanges.ccxt.profiles import PROFILES, profile_of
from tests.docs import exchanges


def test_the_page_is_made_from_the_profiles() -> None:
    assert exchanges.PAGE.read_text() == exchanges.page(), "make exchanges writes it anew"


def test_it_has_every_call_that_may_be_signed() -> None:
    page = exchanges.page()
    for profile in map(profile_of, PROFILES):
        (row,) = [
            line for line in page.splitlines() if line.startswith(f"| {profile.title} | `{profile.exchange}`")
        ]
        words = [(*book.title.split(" ", 1), book.mark) for book in profile.books]
        assert all(word in row for book in words for word in book)
        assert [each.name for each in profile.endpoints() if f"`{each.name}`" not in page] == []
