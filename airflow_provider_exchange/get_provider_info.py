"""What the package tells Airflow about itself."""

from __future__ import annotations

from typing import Any

__all__ = ["get_provider_info"]

PACKAGE = "airflow_provider_exchange"

DOCUMENTATION = {
    "Nami": "https://nami.gitbook.io/nami-exchange-api-docs",
    "BitoPro": "https://github.com/bitoex/bitopro-offical-api-docs",
    "Loopring": "https://docs-protocol.loopring.io",
}
"""Venue to its vendor's API documentation."""

API_SECRET = ("API secret", "required")
PRIVATE_KEY = ("EdDSA private key", "required: hexadecimal as 0x..., or decimal")
"""Label and placeholder of the connection's password; Airflow has no mark of its own for it as required."""

NAMI_FIELDS: dict[str, Any] = {
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
        "description": "How a batch of orders is signed, which Nami leaves open. Change it if batches are refused.",
    },
    "allow_notification": {
        "label": "Notify of cancels",
        "schema": {"type": ["boolean", "null"], "default": False},
        "description": "Whether Nami notifies the account's owner of each cancel.",
    },
}
BITOPRO_FIELDS: dict[str, Any] = {
    "identity": {
        "label": "Identity",
        "schema": {"type": "string", "format": "email"},
        "description": "E-mail address of the account, which BitoPro wants signed.",
    },
}
LOOPRING_FIELDS: dict[str, Any] = {
    "account_id": {
        "label": "Account ID",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "description": "The account's number at Loopring, digits alone.",
    },
}
COMMON_FIELDS: dict[str, Any] = {
    "timeout": {
        "label": "Request timeout",
        "schema": {"type": ["number", "null"], "minimum": 0},
        "description": "Seconds that one request may take; 10 if empty.",
    },
    "rate_limit": {
        "label": "Requests a second",
        "schema": {"type": ["number", "null"], "minimum": 0},
        "description": "Bound on all requests of one task; the venue's own limits hold besides.",
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


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata, as Airflow's ``provider_info.schema.json`` wants it."""
    return {
        "package-name": "airflow-provider-exchange",
        "name": "Crypto exchanges",
        "description": "Cancels orders on crypto exchanges and proves that they are gone.",
        "integrations": [
            {"integration-name": venue, "external-doc-url": url, "tags": ["service"]}
            for venue, url in DOCUMENTATION.items()
        ],
        "operators": [_modules(venue, "operators.orders") for venue in DOCUMENTATION],
        "sensors": [_modules(venue, "sensors.orders") for venue in DOCUMENTATION],
        "triggers": [_modules(venue, "triggers.events", "triggers.orders") for venue in DOCUMENTATION],
        "hooks": [_modules(venue, "hooks.exchange", f"hooks.{venue.lower()}") for venue in DOCUMENTATION],
        "cli": [f"{PACKAGE}.cli.definition.get_exchange_cli_commands"],
        "extra-links": [f"{PACKAGE}.links.OrderPageLink"],
        "notifications": [f"{PACKAGE}.notifications.orders.CancelAllOrdersNotifier"],
        "connection-types": [
            _connection_type("Nami", "https://nami.exchange", API_SECRET, NAMI_FIELDS),
            _connection_type("BitoPro", "https://api.bitopro.com", API_SECRET, BITOPRO_FIELDS),
            _connection_type("Loopring", "https://api3.loopring.io", PRIVATE_KEY, LOOPRING_FIELDS),
        ],
    }


def _modules(venue: str, *names: str) -> dict[str, Any]:
    return {"integration-name": venue, "python-modules": [f"{PACKAGE}.{name}" for name in names]}


def _connection_type(venue: str, host: str, secret: tuple[str, str], fields: dict[str, Any]) -> dict[str, Any]:
    conn_type = venue.lower()
    secret_label, secret_placeholder = secret
    return {
        "connection-type": conn_type,
        "hook-class-name": f"{PACKAGE}.hooks.{conn_type}.{venue}Hook",
        "hook-name": venue,
        "conn-fields": fields | COMMON_FIELDS,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "extra"],
            "relabeling": {"login": "API key", "password": secret_label},
            "placeholders": {
                "host": f"{host}, if empty",
                "login": "required",
                "password": secret_placeholder,
                "port": "443, if empty",
            },
        },
    }
