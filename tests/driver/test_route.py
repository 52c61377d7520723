"""Through which proxy requests go and whose certificates are trusted: the connection decides, for both drivers."""

from __future__ import annotations

import base64
import socket
import sys
from dataclasses import dataclass
from subprocess import run
from threading import Event
from typing import TYPE_CHECKING, NoReturn

import pytest

from airflow_provider_exchange.driver.route import CA_VARIABLES, find_route
from airflow_provider_exchange.errors import ConnectionConfigError, ExchangeUnavailableError
from airflow_provider_exchange.protocol.messages import Request
from tests.driver.certificates import authority
from tests.driver.drivers import DRIVERS
from tests.driver.servers import answer, serving, tunnel_to

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_exchange.driver.route import Route
    from tests.driver.drivers import Ask

HOST = "venue.example"
FUTURES = "futures.venue.test"
"""Another host of the same exchange."""
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
GET = Request("GET", f"https://{HOST}/orders?signature=abc", {"x-api-key": "the-key"})
MACHINES_OWN = ("SSL_CERT_FILE", "SSL_CERT_DIR")
PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(params=DRIVERS)
def ask(request: pytest.FixtureRequest) -> Ask:
    driver: Ask = request.param
    return driver


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY_VARIABLES, *CA_VARIABLES, *MACHINES_OWN):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@dataclass
class Venue:
    """
    A venue behind TLS. Its name leads nowhere, but the proxies know the way.

    Its other host, ``FUTURES``, can be reached without.
    """

    port: int
    received: list[bytes]
    root: Path
    other_root: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext, Path]:
    folder = tmp_path_factory.mktemp("certificates")
    root, server = authority(folder / "right", HOST, FUTURES)
    return root, server, authority(folder / "wrong", HOST)[0]


@pytest.fixture
def venue(certificates: tuple[Path, ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Venue]:
    root, server, other_root = certificates
    look_up = socket.getaddrinfo

    def here(host: str, *args: int, **kwargs: int) -> list[object]:
        if host == HOST:
            raise socket.gaierror(socket.EAI_NONAME, "no such venue")
        return list(look_up("127.0.0.1" if host == FUTURES else host, *args, **kwargs))

    monkeypatch.setattr(socket, "getaddrinfo", here)
    with serving(answer(FINE), server) as (url, received):
        yield Venue(int(url.rpartition(":")[2]), received, root, other_root)


def refuse(field_name: str, problem: str, remedy: str) -> NoReturn:
    raise ConnectionConfigError(f"{field_name} {problem}; {remedy}")


def get(ask: Ask, verify: object = None, proxy: str | None = None) -> bytes:
    route = find_route(f"https://{HOST}", str(verify) if verify else None, proxy, refuse)
    return ask(GET, route).body


def test_the_connections_proxy_beats_the_environments(
    ask: Ask, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tunnel_to(venue.port)) as (own, asked), serving(tunnel_to(venue.port)) as (other, not_asked):
        monkeypatch.setenv("HTTPS_PROXY", other)
        monkeypatch.setenv("NO_PROXY", "*")
        assert get(ask, venue.root, own) == b"hello"
    assert (len(asked), len(not_asked)) == (1, 0)
    assert asked[0].startswith(b"CONNECT venue.example:443 ")
    assert b"the-key" not in asked[0]
    assert b"x-api-key: the-key" in venue.received[0]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_environments_proxy_is_the_default(
    ask: Ask, venue: Venue, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tunnel_to(venue.port)) as (proxy, asked):
        monkeypatch.setenv(name, proxy.removeprefix("http://") if name.islower() else proxy)
        assert get(ask, venue.root) == b"hello"
    assert len(asked) == 1


@pytest.mark.parametrize("exempt", ["*", HOST, "example", ".example", f"other,{HOST}"])
def test_the_environment_may_exempt_the_venue(
    ask: Ask, venue: Venue, exempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tunnel_to(venue.port)) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", exempt)
        with pytest.raises(ExchangeUnavailableError):
            get(ask, venue.root)
    assert asked == []


def ask_both(ask: Ask, venue: Venue, route: Route) -> list[bytes]:
    urls = (f"https://{HOST}/orders", f"https://{FUTURES}:{venue.port}/orders")
    return [ask(Request("GET", url, {"x-api-key": "the-key"}), route).body for url in urls]


def test_each_host_of_an_exchange_is_reached_on_its_own_way(
    ask: Ask, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the futures are reached through a private line, and all else through a proxy."""
    with serving(tunnel_to(venue.port)) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", FUTURES)
        assert ask_both(ask, venue, find_route("", str(venue.root), None, refuse)) == [b"hello"] * 2
    assert [line.split()[1] for line in asked] == [b"venue.example:443"]
    assert len(venue.received) == 2


def test_the_connections_proxy_and_certificates_hold_for_every_host(
    ask: Ask, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", FUTURES)
    with serving(tunnel_to(venue.port)) as (proxy, asked):
        own = proxy.replace("http://", "http://me:hunter2@")
        assert ask_both(ask, venue, find_route("", str(venue.root), own, refuse)) == [b"hello"] * 2
        assert [line.split()[1].partition(b":")[0] for line in asked] == [HOST.encode(), FUTURES.encode()]
        assert all(b"Proxy-Authorization: Basic " in line for line in asked)
        with pytest.raises(ExchangeUnavailableError, match="the certificate is not trusted"):
            ask_both(ask, venue, find_route("", str(venue.other_root), own, refuse))


def test_a_bad_proxy_of_the_environment_keeps_from_no_host_that_is_exempt(
    ask: Ask, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hunter2@proxy.example:1080")
    monkeypatch.setenv("NO_PROXY", FUTURES)
    route = find_route("", str(venue.root), None, refuse)
    assert route.secrets == {"hunter2"}
    url = f"https://{FUTURES}:{venue.port}/"
    assert ask(Request("GET", url, {}), route).body == b"hello"
    with pytest.raises(ConnectionConfigError, match=r"^environment variable HTTPS_PROXY is not the URL") as caught:
        ask(GET, route)
    assert "hunter2" not in str(caught.value)
    assert len(venue.received) == 1


def test_certificates_of_the_environment_hold_where_the_hosts_are_not_known_yet(
    ask: Ask, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(venue.root))
    with serving(tunnel_to(venue.port)) as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert ask(GET, find_route("", None, None, refuse)).body == b"hello"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/missing")
    with pytest.raises(ConnectionConfigError, match="environment variable REQUESTS_CA_BUNDLE names no file"):
        find_route("", None, None, refuse)


@pytest.mark.parametrize("name", ["squid_proxy", "_squid", "proxy.example."])
def test_a_proxy_has_any_name_that_can_be_looked_up(
    ask: Ask, venue: Venue, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docker compose has them, for instance."""
    look_up = socket.getaddrinfo

    def here(host: str, *args: int, **kwargs: int) -> list[object]:
        known = host.rstrip(".") == name.rstrip(".")
        return list(look_up("127.0.0.1" if known else host, *args, **kwargs))

    monkeypatch.setattr(socket, "getaddrinfo", here)
    with serving(tunnel_to(venue.port)) as (proxy, asked):
        assert get(ask, venue.root, proxy.replace("127.0.0.1", name)) == b"hello"
    assert len(asked) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost.", "LocalHost.", "[::1]"])
def test_loopback_is_never_proxied(ask: Ask, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tunnel_to(1)) as (proxy, asked):
        for name in PROXY_VARIABLES[:3]:
            monkeypatch.setenv(name, proxy)
        route = find_route(f"http://{host}:1", None, proxy, refuse)
        with pytest.raises(ExchangeUnavailableError):
            ask(Request("GET", f"http://{host}:1/", {"x-api-key": "the-key"}), route)
    assert asked == []


def test_credentials_go_to_the_proxy_alone(ask: Ask, venue: Venue) -> None:
    with serving(tunnel_to(venue.port)) as (proxy, asked):
        get(ask, venue.root, proxy.replace("http://", "http://us%40er:p%5Bass%2Fé@"))
    told = base64.b64encode("us@er:p[ass/é".encode("latin-1"))
    assert b"Proxy-Authorization: Basic " + told in asked[0]
    assert b"uthorization" not in venue.received[0]


def test_a_proxy_that_lets_nobody_through_is_named_without_its_password(ask: Ask, venue: Venue) -> None:
    refusal = b"HTTP/1.1 407 Who are you, hunter2?\r\nContent-Length: 0\r\n\r\n"
    with serving(answer(refusal)) as (proxy, _), pytest.raises(ExchangeUnavailableError) as caught:
        get(ask, venue.root, proxy.replace("http://", "http://user:hunter2@"))
    place = proxy.removeprefix("http://")
    assert str(caught.value) == (
        f"the connection to {HOST} through the proxy {place} failed: the proxy answered 407"
    )


@pytest.mark.parametrize("through", ["", " through the proxy 127.0.0.1:1"])
def test_a_failure_names_the_connection_whose_way_it_was(ask: Ask, venue: Venue, through: str) -> None:
    proxy = "http://user:hunter2@127.0.0.1:1" if through else None
    route = find_route(f"https://{HOST}", str(venue.root), proxy, refuse, conn_id="night_desk")
    failed = "was refused" if through else "failed: the name cannot be looked up (no such venue)"
    with pytest.raises(ExchangeUnavailableError) as caught:
        ask(GET, route)
    assert str(caught.value) == f"the connection to {HOST}{through} of connection 'night_desk' {failed}"


def test_a_proxy_may_be_spoken_to_by_tls(
    ask: Ask, venue: Venue, certificates: tuple[Path, ssl.SSLContext, Path]
) -> None:
    with serving(tunnel_to(venue.port), certificates[1]) as (proxy, asked):
        assert proxy.startswith("https://")
        assert get(ask, venue.root, proxy) == b"hello"
        assert asked[0].startswith(b"CONNECT venue.example:443 ")
        with pytest.raises(ExchangeUnavailableError):
            get(ask, venue.other_root, proxy)
    assert len(asked) == 1


def test_a_proxy_that_is_spoken_to_by_tls_has_no_more_time(
    ask: Ask, venue: Venue, certificates: tuple[Path, ssl.SSLContext, Path]
) -> None:
    """It drips a record of the venue's TLS, which the time limit must not start anew with every byte."""
    dripped_all = Event()

    def drip_a_record(connection: socket.socket, stopped: Event) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        connection.recv(65536)
        for byte in b"\x16\x03\x03\x40\x00" + b"\0" * 600:
            if stopped.wait(0.02):
                return
            connection.sendall(bytes([byte]))
        dripped_all.set()

    with (
        serving(drip_a_record, certificates[1]) as (proxy, asked),
        pytest.raises(
            ExchangeUnavailableError, match=r"no response from venue\.example through the proxy .+ within 0\.5 s$"
        ),
    ):
        ask(GET, find_route(f"https://{HOST}", str(venue.root), proxy, refuse), timeout=0.5)
    assert len(asked) == 1
    assert not dripped_all.is_set()


@pytest.mark.parametrize("how", ["connection", *CA_VARIABLES])
def test_only_the_named_certificates_are_trusted(
    ask: Ask, venue: Venue, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trusting(bundle: Path) -> bytes:
        if how != "connection":
            monkeypatch.setenv(how, str(bundle))
        return get(ask, bundle if how == "connection" else None, proxy)

    with serving(tunnel_to(venue.port)) as (proxy, _):
        assert trusting(venue.root) == b"hello"
        told = rf"^the connection to {HOST} through the proxy .+ failed: the certificate is not trusted \(.+\)$"
        with pytest.raises(ExchangeUnavailableError, match=told):
            trusting(venue.other_root)
    assert len(venue.received) == 1


@pytest.mark.parametrize("name", [*CA_VARIABLES, *MACHINES_OWN])
def test_the_connections_certificates_beat_the_environments(
    ask: Ask, venue: Venue, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(venue.other_root))
    with serving(tunnel_to(venue.port)) as (proxy, _):
        assert get(ask, venue.root, proxy) == b"hello"


@pytest.mark.parametrize("name", MACHINES_OWN)
@pytest.mark.parametrize("kind", ["company", "missing", "text"])
def test_the_machines_certificates_are_trusted_beside_those_of_requests(
    ask: Ask, venue: Venue, name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company's authority is one more, and does not keep a task from a venue on the internet."""
    if kind != "missing":
        (tmp_path / kind).write_bytes(venue.other_root.read_bytes() if kind == "company" else b"no certificate")
    monkeypatch.setenv(name, str(tmp_path / kind))
    monkeypatch.setattr("requests.utils.DEFAULT_CA_BUNDLE_PATH", str(venue.root))
    with serving(tunnel_to(venue.port)) as (proxy, _):
        assert get(ask, None, proxy) == b"hello"


def test_the_machines_certificates_are_trusted_and_read_again(
    ask: Ask, venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = tmp_path / "company.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(company))
    with serving(tunnel_to(venue.port)) as (proxy, _):
        with pytest.raises(ExchangeUnavailableError):
            get(ask, None, proxy)
        company.write_bytes(venue.root.read_bytes())
        assert get(ask, None, proxy) == b"hello"


def test_plain_http_needs_no_certificates_of_the_environment(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CA_VARIABLES:
        monkeypatch.setenv(name, "/missing")
    with serving(answer(FINE)) as (url, _):
        assert ask(Request("GET", url, {}), find_route(url, None, None, refuse)).body == b"hello"
        with pytest.raises(ConnectionConfigError, match="extra 'verify' names no file"):
            find_route(url, "/missing", None, refuse)


def test_without_any_the_venues_own_authority_is_not_trusted(ask: Ask, venue: Venue) -> None:
    with serving(tunnel_to(venue.port)) as (proxy, _), pytest.raises(ExchangeUnavailableError):
        get(ask, None, proxy)
    assert venue.received == []


@pytest.mark.parametrize("by", ["connection", "SSL_CERT_DIR"])
def test_a_folder_of_hashed_certificates_is_trusted(
    ask: Ask, venue: Venue, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root.pem").write_bytes(venue.root.read_bytes())
    run(("openssl", "rehash", str(tmp_path)), check=True)
    if by != "connection":
        monkeypatch.setenv(by, str(tmp_path))
    with serving(tunnel_to(venue.port)) as (proxy, _):
        assert get(ask, tmp_path if by == "connection" else None, proxy) == b"hello"


def test_a_netrc_adds_no_credentials(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the home folder, where both clients look."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    with serving(answer(FINE)) as (url, received):
        ask(Request("GET", url, {}), find_route(url, None, None, refuse))
    assert b"uthorization" not in received[0]


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://me:hunter2@proxy.example:1080",
        "socks5h://proxy.example:1080",
        "ftp://me:hunter2@proxy.example",
        "http://me:hunt[er2@proxy.example:3128",
        "http://me:hunt/er2@proxy.example:3128",
        "http://me:12/hunter2@proxy.example:3128",
        "http://me:hunter2#@proxy.example:3128",
        "http://me:hunter2?@proxy.example:3128",
        "http://me:hun ter2@proxy.example:3128",
        "http://me:hunter2€@proxy.example:3128",
        "http://m%3Ae:hunter2@proxy.example:3128",
        "http://me:hunter2@proxy.example:99999",
        "http://me:hunter2@proxy.example:-1",
        "http://me:hunter2@proxy.example:0",
        "http://me:hunter2@proxy.example:port",
        "http://me:hunter2@pro_xy!.example:3128",
        "http://me:hunter2@proxy..example:3128",
        "http://me:hunter2@proxy.example..:3128",
        "http://me:hunter2@.:3128",
        "http://me:hunter2@[::1:3128",
        "http://me:hunter2@[zz]:3128",
        "http://me:hunter2@",
        "http://",
        "//me:hunter2@proxy.example",
        "proxy.example:3128",
        "http:proxy.example",
        "nonsense",
        "\0",
    ],
)
@pytest.mark.parametrize("host", [f"https://{HOST}", "http://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(proxy: str, host: str) -> None:
    with pytest.raises(ConnectionConfigError, match=r"^extra 'proxy' .*; enter one such as") as caught:
        find_route(host, None, proxy, refuse)
    assert "hunt" not in str(caught.value)
    assert "er2" not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_refused_under_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "socks5://me:hunter2@proxy.example:1080")
    with pytest.raises(ConnectionConfigError, match=f"^environment variable {name} ") as caught:
        find_route(f"https://{HOST}", None, None, refuse)
    assert "hunter2" not in str(caught.value)
    here = "http://127.0.0.1:1"
    assert find_route(here, None, None, refuse).proxy_to(here) is None, "it is not needed there"


@pytest.mark.parametrize("how", ["extra 'verify'", *(f"environment variable {name}" for name in CA_VARIABLES)])
@pytest.mark.parametrize("kind", ["missing", "text", "empty", "key", "folder", "endless"])
def test_certificates_that_cannot_be_read_are_refused(
    kind: str,
    how: str,
    tmp_path: Path,
    certificates: tuple[Path, ssl.SSLContext, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = str(tmp_path / kind)
    if kind in ("text", "empty"):
        (tmp_path / kind).write_text("no certificate" if kind == "text" else "")
    elif kind == "key":
        server = certificates[0].with_name("server.pem").read_text()
        (tmp_path / kind).write_text(server.partition("-----BEGIN CERTIFICATE")[0])
    elif kind == "folder":
        (tmp_path / kind).mkdir()
    elif kind == "endless":
        path = "/dev/zero"
    if how != "extra 'verify'":
        monkeypatch.setenv(how.rpartition(" ")[2], path)
    with pytest.raises(ConnectionConfigError, match=f"^{how} names .*path of a file with the trusted"):
        find_route(f"https://{HOST}", path if how == "extra 'verify'" else None, None, refuse)


def test_a_file_that_may_not_be_read_is_refused() -> None:
    """Of this file not even root can read the beginning."""
    with pytest.raises(ConnectionConfigError, match=r"^extra 'verify' names what cannot be read"):
        find_route(f"https://{HOST}", "/proc/self/mem", None, refuse)


def test_what_a_route_shows_holds_no_secret() -> None:
    route = find_route(f"https://{HOST}", None, "http://me:hunt%65r2@proxy.example", refuse)
    assert route.secrets == {"hunt%65r2", "hunter2"}
    proxy = route.proxy_to(f"https://{HOST}")
    assert proxy is not None
    assert proxy.url == "http://proxy.example:80"
    assert "hunter2" not in repr(route)
    assert "hunter2" not in repr(proxy)


def test_the_module_costs_no_http_client() -> None:
    code = "import sys, airflow_provider_exchange.driver.route; print({'requests', 'aiohttp'} & set(sys.modules))"
    assert run((sys.executable, "-c", code), capture_output=True, text=True, check=True).stdout == "set()\n"


def test_certificates_that_are_replaced_are_read_again(ask: Ask, venue: Venue, tmp_path: Path) -> None:
    """A triggerer runs for months."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(venue.other_root.read_bytes())
    with serving(tunnel_to(venue.port)) as (proxy, _):
        with pytest.raises(ExchangeUnavailableError):
            get(ask, bundle, proxy)
        (tmp_path / "new.pem").write_bytes(venue.root.read_bytes())
        (tmp_path / "new.pem").rename(bundle)
        assert get(ask, bundle, proxy) == b"hello"
