from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.accounts import Account
from tests.check.checking import Checked
from tests.connections import running, sandbox, venue

__all__ = ["checked", "running", "sandbox", "venue"]

Open = Callable[..., Checked]


@pytest.fixture
def checked(sandbox: object) -> Iterator[Open]:
    """Open a paper account for a check; the arguments are those of :class:`Account`, without the sandbox."""
    opened: list[Account] = []

    def open_account(venue: str, **changes: object) -> Checked:
        opened.append(Account(sandbox, venue, **changes))  # type: ignore[arg-type]
        return Checked(opened[-1])

    yield open_account
    for account in opened:
        account.close()
