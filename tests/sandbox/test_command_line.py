"""The sandbox as a user starts it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_exchange.sandbox.__main__ import main
from airflow_provider_exchange.sandbox.fault_rules import KINDS, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

COMMAND = [sys.executable, "-W", "error", "-m", "airflow_provider_exchange.sandbox"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_stops_when_told(ending: signal.Signals) -> None:
    faults = json.dumps({"kind": "html", "route": "timestamp", "times": 1})
    options = ["--port", "0", "--faults", faults, "--rate-limits", "on", "--latency", "0.01", "--seed", "5"]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        base_url = line.split()[-1]
        statuses = [requests.get(f"{base_url}/api/v3/timestamp", timeout=10).status_code for _ in range(7)]
        settings = requests.get(f"{base_url}/sandbox/settings", timeout=10).json()
        process.send_signal(ending)
        out, err = process.communicate(timeout=120)
    assert line == f"paper exchange on {base_url}\n"
    assert statuses == [502, 200, 200, 200, 200, 200, 429]
    assert (settings["latency"], settings["rate_limits"]) == (0.01, True)
    assert (out, err, process.returncode) == ("", "", 0)


def test_it_answers_with_what_was_recorded(tmp_path: Path) -> None:
    answered: dict[str, Any] = {
        "purpose": "markets",
        "method": "GET",
        "path": "/v3/provisioning/trading-pairs",
        "query": {},
    }
    answered |= {"sent_at": 1.0, "seconds": 0.1, "status": 418, "headers": {"age": "0"}, "body": {"data": []}}
    silent: dict[str, Any] = {
        "purpose": "key",
        "method": "GET",
        "path": "/v3/accounts/balance",
        "query": {},
        "sent_at": 1.0,
    }
    path = tmp_path / "transcript.json"
    recorded = {"format": 1, "venue": "bitopro", "exchanges": [answered, {**silent, "seconds": None}]}
    path.write_text(json.dumps(recorded))
    with subprocess.Popen(
        [*COMMAND, "--replay", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        base_url = line.split()[-1]
        found = requests.get(f"{base_url}/v3/provisioning/trading-pairs", timeout=10)
        unknown = requests.get(f"{base_url}/v3/orders/open", timeout=10)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{base_url}/v3/accounts/balance", timeout=10)
        process.terminate()
        process.communicate(timeout=120)
    assert line == f"replay of bitopro on {base_url}\n"
    assert (found.status_code, found.json(), found.headers["age"]) == (418, {"data": []}, "0")
    assert unknown.status_code == 501
    assert process.returncode == 0


@pytest.mark.parametrize("options", [
    ["--host", "0.0.0.0"],
    ["--host", "example.com"],
    ["--port", "65536"],
    ["--port", "http"],
    ["--latency", "-1"],
    ["--faults", '{"kind": "gremlins"}'],
    ["--faults", '{"kind": "hang", "venue": "nosuch"}'],
    ["--faults", "no such file"],
    ["--rate-limits", "perhaps"],
    ["--replay", "no such file"],
])  # fmt: skip
def test_it_refuses_what_it_should_not_do(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_a_port_in_use_is_told_in_a_line(sandbox: RunningSandbox) -> None:
    port = sandbox.base_url.rpartition(":")[2]
    done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    why = f"cannot listen on 127.0.0.1:{port} (Address already in use)"
    assert done.stderr == f"{why}; choose another --port, or 0 for any free one\n"


def test_faults_come_from_a_file_too(tmp_path: Path) -> None:
    from airflow_provider_exchange.sandbox.__main__ import _parser

    path = tmp_path / "faults.json"
    path.write_text(json.dumps([{"kind": "delay", "seconds": 1}]))
    (rule,) = _parser().parse_args(["--faults", str(path)]).faults
    assert (rule.kind, rule.seconds) == ("delay", 1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_fault_can_be_asked_for(kind: str) -> None:
    from airflow_provider_exchange.sandbox.__main__ import _parser

    (rule,) = _parser().parse_args(["--faults", json.dumps({"kind": kind, "times": 2})]).faults
    assert rule == Fault(kind, times=2)


def test_nothing_of_the_client_loads_the_server() -> None:
    script = """
import sys, pkgutil, importlib
import airflow_provider_exchange.exchanges, airflow_provider_exchange.models, airflow_provider_exchange.errors
assert not [name for name in sys.modules if name.startswith(('airflow_provider_exchange.sandbox', 'aiohttp'))]
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_server_loads_nothing_of_the_client() -> None:
    script = """
import sys
import airflow_provider_exchange.sandbox.__main__, airflow_provider_exchange.sandbox.testing
import airflow_provider_exchange.crypto.eddsa, airflow_provider_exchange.crypto.poseidon
package = 'airflow_provider_exchange'
loaded = {name for name in sys.modules if name.startswith(package + '.')}
strangers = {name for name in loaded if name.split('.')[1] not in ('sandbox', 'crypto')}
assert not strangers, strangers
assert not [name for name in sys.modules if name == 'airflow' or name.startswith('airflow.')]
"""
    subprocess.run([sys.executable, "-c", script], check=True)
