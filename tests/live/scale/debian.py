"""The programs that the rehearsal needs beside Python, and where Debian keeps them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.live.verdict import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PACKAGES: Mapping[str, str] = {"initdb": "postgresql", "postgres": "postgresql", "redis-server": "redis-server"}
"""Which package of Debian's has a program."""
POSTGRESQL = Path("/usr/lib/postgresql")
"""Where Debian keeps a folder of PostgreSQL's programs for each version, off the search path."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian's packages ask it whether they may start what they have installed."""


class Programs(NamedTuple):
    """
    Where the programs are.

    :param initdb: makes an empty PostgreSQL.
    :param postgres: the server, of the same version.
    :param redis: the server.
    """

    initdb: Path
    postgres: Path
    redis: Path


def programs() -> Programs:
    """
    Find the programs, and install with apt-get what is missing.

    :raises SystemExit: saying what to install, where we may not or cannot.
    """
    if missing := _missing():
        _install(sorted({PACKAGES[name] for name in missing}))
    if missing := _missing():
        raise SystemExit(f"Installed, and still not found: {', '.join(missing)}")
    found = {name: find(name) for name in PACKAGES}
    return Programs(*(path for path in found.values() if path is not None))


def unprivileged_user() -> str | None:
    """Return who has to run PostgreSQL, which refuses to run as root; None for ourselves."""
    if os.geteuid():
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def find(name: str) -> Path | None:
    """Return where a program is, or None. PostgreSQL's are of the newest version that has them all."""
    if PACKAGES[name] == "postgresql":
        for version in sorted(POSTGRESQL.glob("*/bin"), key=lambda path: path.parent.name.zfill(4), reverse=True):
            if all((version / each).exists() for each in ("initdb", "postgres")):
                return version / name
    found = shutil.which(name)
    return None if found is None else Path(found)


def _missing() -> list[str]:
    return [name for name in PACKAGES if find(name) is None]


def _install(packages: Sequence[str]) -> None:
    command = f"apt-get install --yes --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise SystemExit(
            f"This needs what Debian calls {' and '.join(packages)}, and finds no apt-get to install it."
        )
    if os.geteuid():
        raise SystemExit(f"This needs {' and '.join(packages)}; only root may install them: sudo {command}")
    say(f"Installing {' and '.join(packages)} with apt-get ...")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _nothing_starts():
        for each in ("apt-get update --quiet", command):
            subprocess.run(each.split(), env=env, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """Keep packages from starting servers of their own, which nobody here wants or ends."""
    if POLICY.exists():  # the machine's owner has decided
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
