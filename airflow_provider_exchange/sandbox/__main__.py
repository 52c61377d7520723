"""``python -m airflow_provider_exchange.sandbox``: run the paper exchange until it is interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.exchange import PaperExchange
from airflow_provider_exchange.sandbox.fault_rules import Fault, read_faults
from airflow_provider_exchange.sandbox.faults import Faults
from airflow_provider_exchange.sandbox.guard import loopback
from airflow_provider_exchange.sandbox.replay import Recording, ReplayServer
from airflow_provider_exchange.sandbox.server import Server
from airflow_provider_exchange.sandbox.venues import titles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_exchange.sandbox.server import Listener


LAST_PORT = 65_535


def _host(text: str) -> str:
    try:
        return loopback(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port between 0 and {LAST_PORT}")
    return port


def _faults(text: str) -> list[Fault]:
    try:
        written = text if text.lstrip().startswith(("[", "{")) else Path(text).read_text()
        return read_faults(json.loads(written))
    except (OSError, ValueError, TypeError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("a number of seconds between 0 and 3600")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_exchange.sandbox",
        description=f"A paper exchange on loopback with the protocols of {titles()}.",
    )
    parser.add_argument("--host", type=_host, default="127.0.0.1", help="a loopback address (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=0, help="0 for any free port (0)")
    parser.add_argument("--latency", type=_seconds, default=0.0, help="seconds before every response (0)")
    parser.add_argument(
        "--rate-limits", choices=("on", "off"), default="off", help="enforce the venues' limits (off)"
    )
    parser.add_argument("--faults", type=_faults, default=[], help="fault rules: a JSON file, or the JSON itself")
    parser.add_argument("--seed", type=int, default=0, help="random seed for faults with a probability (0)")
    parser.add_argument(
        "--replay",
        type=_recording,
        help="a transcript of airflow exchange check: answer with it, and with nothing else",
    )
    return parser


def _recording(text: str) -> Recording:
    try:
        return Recording.of(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    except (ValueError, KeyError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no transcript of a check ({error})") from None


async def _run(make: Callable[[], Listener], says: str) -> None:
    server = make()
    stopped = asyncio.Event()
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), stopped.set)
    base_url = await server.start()
    sys.stdout.write(f"{says} on {base_url}\n")
    sys.stdout.flush()
    await stopped.wait()
    await server.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the paper exchange. Print one line, which ends with the base URL, once it listens."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    faults = Faults(asked.faults, asked.seed)
    try:
        exchange = PaperExchange(faults=faults, latency=asked.latency, rate_limits=asked.rate_limits == "on")
    except ValueError as error:
        parser.error(f"argument --faults: {error}")
    recording: Recording | None = asked.replay

    def make() -> Listener:
        if recording is None:
            return Server(exchange, asked.host, asked.port)
        return ReplayServer(recording, asked.host, asked.port)

    try:
        asyncio.run(_run(make, "paper exchange" if recording is None else f"replay of {recording.venue}"))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        sys.stderr.write(
            f"cannot listen on {asked.host}:{asked.port} ({why}); choose another --port, or 0 for any free one\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
