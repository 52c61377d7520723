"""Who may come to the page and the admin API: this machine by its own name, and no page of others."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from airflow_provider_exchange.sandbox.testing import RunningSandbox, running_sandbox
from tests.sandbox.clients import BitoProClient

PATHS = [("GET", "/"), ("POST", "/"), ("GET", "/sandbox/requests"), ("POST", "/sandbox/nami/orders")]
PATHS += [("GET", "/sandbox/page.js"), ("PUT", "/sandbox/settings"), ("DELETE", "/sandbox/faults")]
FORM = b"do=break&kind=html"
ORDER = b'{"symbol": "BTCUSDT"}'


def ask(sandbox: RunningSandbox, method: str, path: str, **headers: str) -> requests.Response:
    body = None if method == "GET" else FORM if path == "/" else ORDER if "orders" in path else b'{"skew": 1}'
    if path == "/" and method == "POST":
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": sandbox.base_url, **headers}
    url = sandbox.base_url + path
    return requests.request(method, url, data=body, headers=headers, timeout=10, allow_redirects=False)


def untouched(sandbox: RunningSandbox) -> bool:
    return not sandbox.faults.rules and not sandbox.live("nami") and sandbox.exchange.settings.skew == 0


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example:{port}"},
        {"Host": "127.0.0.1.rebound.example"},
        {"Host": "0.0.0.0:{port}"},
        {"Host": "192.168.1.5:{port}"},
        {"Host": "localhost.:{port}"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
    ids=str,
)
def test_strangers_are_refused(sandbox: RunningSandbox, method: str, path: str, headers: dict[str, str]) -> None:
    port = sandbox.base_url.rpartition(":")[2]
    filled = {name: value.replace("{port}", port) for name, value in headers.items()}
    answer = ask(sandbox, method, path, **filled)
    assert answer.status_code in ((400, 403) if headers.get("Host") == "[::1" else (403,))
    assert "evil" not in answer.text
    assert "rebound" not in answer.text
    assert untouched(sandbox)


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Host": "LOCALHOST:{port}"}],
    ids=str,
)
def test_those_of_this_machine_are_served(
    sandbox: RunningSandbox, method: str, path: str, headers: dict[str, str]
) -> None:
    port = sandbox.base_url.rpartition(":")[2]
    filled = {name: value.replace("{port}", port) for name, value in headers.items()}
    if "Host" in filled:
        filled["Origin"] = f"http://localhost:{port}"
    assert ask(sandbox, method, path, **filled).status_code in (200, 303)


def test_a_link_from_another_page_may_lead_here_and_a_form_may_not(sandbox: RunningSandbox) -> None:
    from_airflow = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert ask(sandbox, "GET", "/", **from_airflow).status_code == 200
    for path in ("/", "/sandbox/nami/orders"):
        assert ask(sandbox, "POST", path, **from_airflow).status_code == 403
    assert untouched(sandbox)


def test_a_form_without_an_origin_is_refused(sandbox: RunningSandbox) -> None:
    answer = requests.post(f"{sandbox.base_url}/", {"do": "break", "kind": "html"}, timeout=10)
    assert (answer.status_code, answer.text) == (
        403,
        f"the Origin of a request from a browser must be {sandbox.base_url}\n",
    )
    assert untouched(sandbox)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("PUT", {}, 405), ("POST", {"Content-Type": "text/plain"}, 415), ("OPTIONS", {}, 405)],
)
def test_what_the_page_does_not_take(
    sandbox: RunningSandbox, method: str, headers: dict[str, str], status: int
) -> None:
    assert ask(sandbox, method, "/", **headers).status_code == status
    assert untouched(sandbox)


def test_no_other_page_may_read_or_ask_beforehand(sandbox: RunningSandbox) -> None:
    for path in ("/", "/sandbox/requests", "/sandbox/page.js"):
        answer = requests.get(sandbox.base_url + path, timeout=10)
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        asked = ask(sandbox, "OPTIONS", path, Origin="https://evil.example")
        assert not [name for name in (*answer.headers, *asked.headers) if name.startswith("Access-Control")]


def test_the_venues_answer_as_ever(sandbox: RunningSandbox) -> None:
    client: Any = BitoProClient(sandbox)
    headers = {**client.headers(), "Host": "api.bitopro.com", "Origin": "https://evil.example"}
    answer = client.send("GET", "/v3/orders/open", headers)
    assert (answer.status_code, answer.json()) == (200, {"data": None})
    assert not [name for name in answer.headers if name.startswith(("X-Content", "Cross-Origin", "Cache"))]
    nobody = requests.get(f"{sandbox.base_url}/v9", headers={"Host": "x.example"}, timeout=10)
    assert nobody.status_code == 404


def test_it_is_served_on_every_loopback_address() -> None:
    with running_sandbox(host="::1") as sandbox:
        assert requests.get(f"{sandbox.base_url}/", timeout=10).ok
        assert ask(sandbox, "POST", "/").status_code == 303
