"""PostgreSQL and Redis of our own: on loopback ports, in a temporary folder, and gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.live.api import PATIENCE, until
from tests.live.components import Component
from tests.live.deployment import HOST, free_port
from tests.live.scale.debian import unprivileged_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.scale.debian import Programs

SHUTDOWN = 30.0
"""Seconds for a server to end."""
CONNECTIONS = 300
"""How many PostgreSQL takes: Airflow opens one for each transaction here, and many at the same time."""


class Server:
    """A server that can die, and come back on the same port."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.port = free_port()
        self._folder = folder
        self._user: str | None = None
        self._component: Component | None = None

    @property
    def command(self) -> list[str]:
        raise NotImplementedError

    @property
    def log(self) -> Path:
        return self._folder / f"{self.name}.log"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._component = Component(self.command, os.environ, self.log, self._user)
        until(self._listens, PATIENCE, f"{self.name}; it says:\n{self._component.tail()}")

    def die(self) -> None:
        """End it at once, without its leave."""
        component, self._component = self._component, None
        if component is not None:
            with suppress(ProcessLookupError):
                os.kill(component.pid, self.death)
            component.end(SHUTDOWN)

    death = signal.SIGKILL
    """What ends it."""

    def _listens(self) -> bool:
        if self._component is not None and self._component.exit_code is not None:
            raise RuntimeError(f"{self.name} has ended:\n{self._component.tail()}")
        with socket.socket() as asked:
            return asked.connect_ex((HOST, self.port)) == 0


class Redis(Server):
    """Keeps nothing on the disk: when it dies, its data are lost."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        super().__init__("redis", folder)
        self._program = programs.redis

    @property
    def command(self) -> list[str]:
        where = ["--bind", HOST, "--port", str(self.port), "--dir", str(self._folder)]
        return [str(self._program), *where, "--save", "", "--appendonly", "no"]

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}"


class PostgreSQL(Server):
    """An empty database, ``airflow``, of a user with that name."""

    death = signal.SIGQUIT  # an immediate stop: it ends its own, which sit in other sessions, and writes nothing

    def __init__(self, programs: Programs, folder: Path) -> None:
        super().__init__("postgresql", folder)
        self._program = programs.postgres
        self._user = unprivileged_user()
        self._password = secrets.token_hex(16)
        self._data = folder / "postgresql"
        self._data.mkdir()
        password = folder / "password"
        password.write_text(self._password)
        if self._user is not None:
            shutil.chown(self._data, self._user)
            shutil.chown(password, self._user)
        access = ("--auth=scram-sha-256", "--username=airflow", f"--pwfile={password}")
        made = subprocess.run(
            (programs.initdb, *access, "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8", "-D", self._data),
            user=self._user,
            extra_groups=None if self._user is None else [],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        password.unlink()
        if made.returncode:
            raise RuntimeError(f"no PostgreSQL:\n{made.stdout}{made.stderr}")

    @property
    def command(self) -> list[str]:
        options = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": CONNECTIONS,
            "fsync": "off",  # the machine itself does not fail, so what was written is there
        }
        arguments = [each for name, value in options.items() for each in ("-c", f"{name}={value}")]
        return [str(self._program), "-D", str(self._data), "-p", str(self.port), *arguments]

    @property
    def url(self) -> str:
        """For SQLAlchemy, without the name of a driver."""
        return f"postgresql://airflow:{self._password}@{HOST}:{self.port}/postgres"

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """
        Ask for rows.

        :raises psycopg2.OperationalError: while it is away.
        """
        import psycopg2  # type: ignore[import-untyped]

        connection = psycopg2.connect(self.url, connect_timeout=5)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return list(cursor.fetchall())
        finally:
            connection.close()


@contextmanager
def running(programs: Programs) -> Iterator[tuple[PostgreSQL, Redis]]:
    """
    Start both.

    :param programs: where they are.
    """
    with tempfile.TemporaryDirectory(prefix="exchange-servers-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's user has to get through
        database, redis = PostgreSQL(programs, folder), Redis(programs, folder)
        try:
            for server in (database, redis):
                server.start()
            yield database, redis
        finally:
            for server in (database, redis):
                server.die()
