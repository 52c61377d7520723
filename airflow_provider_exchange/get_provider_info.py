"""What the package tells Airflow about itself. Airflow reads it at every start, so it imports next to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VENUES", "Venue", "connection_type", "get_provider_info"]

PACKAGE = "airflow_provider_exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """
    What Airflow is told of one venue.

    :param title: The venue's name for people.
    :param documentation: URL of its vendor's API documentation.
    :param host: Its own base URL, which holds where a connection has no host; empty for a venue with several.
    :param hook: Import path of its hook.
    :param fields: The extras that its connections have beside the common ones, as ``conn-fields``.
    :param secret: Label and placeholder of a connection's password, which Airflow cannot mark as
        required by itself.
    """

    title: str
    documentation: str
    host: str
    hook: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    secret: tuple[str, str] = ("API secret", "required")


VENUES: dict[str, Venue] = {
    "nami": Venue(
        title="Nami",
        documentation="https://nami.gitbook.io/nami-exchange-api-docs",
        host="https://nami.exchange",
        hook=f"{PACKAGE}.hooks.nami.NamiHook",
        fields={
            "batch_signing": {
                "label": "Batch signing",
                "schema": {
                    "type": ["string", "null"],
                    "enum": ["url_search_params", "json", "off"],
                    "default": "url_search_params",
                    "values_display": {
                        "url_search_params": "as URLSearchParams",
                        "json": "as compact JSON",
                        "off": "off: order by order, without batches",
                    },
                },
                "description": "How a batch of orders is signed, which Nami leaves open. "
                "Change it if batches are refused.",
            },
            "allow_notification": {
                "label": "Notify of cancels",
                "schema": {"type": ["boolean", "null"], "default": False},
                "description": "Whether Nami notifies the account's owner of each cancel.",
            },
        },
    ),
    "bitopro": Venue(
        title="BitoPro",
        documentation="https://github.com/bitoex/bitopro-offical-api-docs",
        host="https://api.bitopro.com",
        hook=f"{PACKAGE}.hooks.bitopro.BitoProHook",
        fields={
            "identity": {
                "label": "Identity",
                "schema": {"type": "string", "format": "email"},
                "description": "E-mail address of the account, which BitoPro wants signed.",
            },
        },
    ),
    "loopring": Venue(
        title="Loopring",
        documentation="https://docs-protocol.loopring.io",
        host="https://api3.loopring.io",
        hook=f"{PACKAGE}.hooks.loopring.LoopringHook",
        fields={
            "account_id": {
                "label": "Account ID",
                "schema": {"type": "string", "pattern": "^[0-9]+$"},
                "description": "The account's number, digits alone. Nothing can be traded at Loopring today: its "
                "order book closed in June 2026, according to the press. Enter a paper exchange as the host.",
            },
        },
        secret=("EdDSA private key", "required: hexadecimal as 0x..., or decimal"),
    ),
    "ccxt": Venue(
        title="Exchange by ccxt",
        documentation="https://docs.ccxt.com",
        host="",
        hook=f"{PACKAGE}.hooks.ccxt.CcxtHook",
        fields={
            "exchange": {
                "label": "Exchange",
                "schema": {
                    "type": "string",
                    "examples": [
                        "binance",
                        "bitget",
                        "bitopro",
                        "bybit",
                        "coinbase",
                        "deribit",
                        "gate",
                        "hyperliquid",
                        "kraken",
                        "kucoin",
                        "okx",
                    ],
                },
                "description": "What ccxt calls the exchange. Any that is not certified, as those of the examples "
                "are, has to be allowed below.",
            },
            "default_type": {
                "label": "Market type",
                "schema": {"type": ["string", "null"], "examples": ["spot", "linear"]},
                "description": "The only kind of market whose orders are read and cancelled, such as spot. All "
                "certified kinds if empty.",
            },
            "sandbox": {
                "label": "Test network",
                "schema": {"type": ["boolean", "null"], "default": False},
                "description": "Whether the account is at the exchange's test network, which has keys of its own.",
            },
            "demo": {
                "label": "Demo trading",
                "schema": {"type": ["boolean", "null"], "default": False},
                "description": "Whether the account is one for demo trading, where the exchange has that.",
            },
            "passphrase": {
                "label": "Passphrase",
                "schema": {"type": ["string", "null"], "format": "password"},
                "description": "The passphrase that was chosen with the key. OKX needs it.",
            },
            "uid": {
                "label": "User ID",
                "schema": {"type": ["string", "null"]},
                "description": "The account's number, where the exchange wants it beside the key.",
            },
            "wallet_address": {
                "label": "Wallet address",
                "schema": {"type": ["string", "null"]},
                "description": "The wallet's public address, where the account is a wallet.",
            },
            "private_key": {
                "label": "Private key",
                "schema": {"type": ["string", "null"], "format": "password"},
                "description": "The key that signs for the wallet, where the account is a wallet.",
            },
            "options": {
                "label": "Options",
                "schema": {"type": ["string", "null"], "format": "multiline"},
                "description": "Options of ccxt as a JSON object. Only known ones are accepted.",
            },
            "uncertified": {
                "label": "Uncertified exchange",
                "schema": {"type": ["boolean", "null"], "default": False},
                "description": "Whether the exchange may be one that is not certified. There, only orders that are "
                "named can be cancelled.",
            },
        },
    ),
}
"""Connection type to what Airflow is told of its venue."""

COMMON_FIELDS: dict[str, Any] = {
    "timeout": {
        "label": "Request timeout",
        "schema": {"type": ["number", "null"], "minimum": 0},
        "description": "Seconds that one request may take; 10 if empty.",
    },
    "rate_limit": {
        "label": "Requests a second",
        "schema": {"type": ["number", "null"], "minimum": 0},
        "description": "Bound on all requests of one task, instead of the venue's. Its limits for single calls "
        "still apply.",
    },
    "pace_conn_id": {
        "label": "Pace connection",
        "schema": {"type": ["string", "null"]},
        "description": "ID of a connection of type redis, through which all workers of this account keep one pace.",
    },
    "verify": {
        "label": "CA bundle",
        "schema": {"type": ["string", "null"]},
        "description": "Path of a CA bundle to verify TLS certificates with; the system's if empty.",
    },
    "proxy": {
        "label": "Proxy",
        "schema": {"type": ["string", "null"], "format": "password"},
        "description": "URL of a proxy, such as http://proxy.example:3128.",
    },
}


CONFIG: dict[str, Any] = {
    "exchange": {
        "description": "Cancels of orders at crypto exchanges.",
        "options": {
            "evidence": {
                "description": "Where every request and answer of a cancel is recorded, unless an operator says "
                "otherwise: a folder, or a URL as of ObjectStoragePath. Nothing is recorded if empty.",
                "version_added": "0.2.0",
                "type": "string",
                "example": "s3://conn_id@bucket/evidence",
                "default": "",
            },
            "evidence_spool": {
                "description": "The local folder that gets each line at once where evidence is a store, which "
                "cannot append. If empty, exchange_evidence in AIRFLOW_HOME.",
                "version_added": "0.2.0",
                "type": "string",
                "example": "/var/lib/airflow/evidence",
                "default": "",
            },
        },
    },
}
"""The section of Airflow's configuration; everything in it is read with a fallback."""

GUIDES = [
    "/docs/connections.md",
    "/docs/operators.md",
    "/docs/sensor.md",
    "/docs/kill-switch.md",
    "/docs/dead-mans-switch.md",
]
"""Pages of the documentation about what all venues have."""

SEVERAL_HOSTS = "the exchange's own, if empty; else this one in place of scheme and host of every URL"
"""Placeholder of the host, where a venue has several."""


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata, as Airflow's ``provider_info.schema.json`` wants it."""
    return {
        "package-name": "airflow-provider-exchange",
        "name": "Crypto exchanges",
        "description": "Cancels orders on crypto exchanges and proves that they are gone.",
        "integrations": [
            {
                "integration-name": venue.title,
                "external-doc-url": venue.documentation,
                "how-to-guide": GUIDES,
                "tags": ["service"],
            }
            for venue in VENUES.values()
        ],
        "operators": _modules(f"{PACKAGE}.operators.dead_mans_switch", f"{PACKAGE}.operators.orders"),
        "sensors": _modules(f"{PACKAGE}.sensors.orders"),
        "triggers": _modules(f"{PACKAGE}.triggers.events", f"{PACKAGE}.triggers.orders"),
        "hooks": [
            {
                "integration-name": venue.title,
                "python-modules": [f"{PACKAGE}.hooks.exchange", venue.hook.rpartition(".")[0]],
            }
            for venue in VENUES.values()
        ],
        "cli": [f"{PACKAGE}.cli.definition.get_exchange_cli_commands"],
        "extra-links": [f"{PACKAGE}.links.OrderPageLink"],
        "config": CONFIG,
        "notifications": [f"{PACKAGE}.notifications.orders.CancelAllOrdersNotifier"],
        "connection-types": [connection_type(conn_type) for conn_type in VENUES],
    }


def connection_type(conn_type: str) -> dict[str, Any]:
    """
    Return the entry of one connection type.

    :param conn_type: One of :data:`VENUES`.
    :raises KeyError: for any other.
    """
    venue = VENUES[conn_type]
    secret_label, secret_placeholder = venue.secret
    return {
        "connection-type": conn_type,
        "hook-class-name": venue.hook,
        "hook-name": venue.title,
        "conn-fields": {**venue.fields, **COMMON_FIELDS},
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "extra"],
            "relabeling": {"login": "API key", "password": secret_label},
            "placeholders": {
                "host": f"{venue.host}, if empty" if venue.host else SEVERAL_HOSTS,
                "login": "required",
                "password": secret_placeholder,
                "port": "443, if empty",
            },
        },
    }


def _modules(*names: str) -> list[dict[str, Any]]:
    """Name the modules that serve every venue."""
    return [{"integration-name": venue.title, "python-modules": list(names)} for venue in VENUES.values()]
