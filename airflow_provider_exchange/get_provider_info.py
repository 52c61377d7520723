"""What the package tells Airflow about itself."""

from __future__ import annotations

from typing import Any

__all__ = ["get_provider_info"]

INTEGRATION = "Crypto exchanges"
PACKAGE = "airflow_provider_exchange"

COMMON_FIELDS: dict[str, Any] = {
    "timeout": {
        "label": "Request time-out",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
        "description": "Seconds that one request may take; 10 if empty.",
    },
    "rate_limit": {
        "label": "Requests a second",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
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
        "integrations": [{"integration-name": INTEGRATION, "external-doc-url": "", "tags": ["service"]}],
        "operators": [{"integration-name": INTEGRATION, "python-modules": [f"{PACKAGE}.operators.orders"]}],
        "sensors": [{"integration-name": INTEGRATION, "python-modules": [f"{PACKAGE}.sensors.orders"]}],
        "hooks": [
            {
                "integration-name": INTEGRATION,
                "python-modules": [
                    f"{PACKAGE}.hooks.{name}" for name in ("exchange", "bitopro", "loopring", "nami")
                ],
            }
        ],
        "connection-types": [
            _connection_type(
                "nami",
                "Nami",
                "API secret",
                "https://nami.exchange",
                {
                    "batch_signing": {
                        "label": "Batch signing",
                        "schema": {
                            "type": ["string", "null"],
                            "enum": ["url_search_params", "json", "off"],
                            "default": "url_search_params",
                        },
                        "description": "How the order list of a batch is signed; 'off' cancels one by one.",
                    },
                    "allow_notification": {
                        "label": "Notify of cancels",
                        "schema": {"type": ["boolean", "null"], "default": False},
                        "description": "Whether Nami notifies the account's owner of each cancel.",
                    },
                },
            ),
            _connection_type(
                "bitopro",
                "BitoPro",
                "API secret",
                "https://api.bitopro.com",
                {
                    "identity": {
                        "label": "Identity",
                        "schema": {"type": "string", "minLength": 1},
                        "description": "The account's e-mail address, which BitoPro wants signed.",
                    }
                },
            ),
            _connection_type(
                "loopring",
                "Loopring",
                "EdDSA private key",
                "https://api3.loopring.io",
                {
                    "account_id": {
                        "label": "Account id",
                        "schema": {"type": ["string", "integer"]},
                        "description": "The account's number.",
                    }
                },
            ),
        ],
    }


def _connection_type(
    conn_type: str, class_name: str, secret_label: str, host: str, fields: dict[str, Any]
) -> dict[str, Any]:
    return {
        "connection-type": conn_type,
        "hook-class-name": f"{PACKAGE}.hooks.{conn_type}.{class_name}Hook",
        "hook-name": class_name,
        "conn-fields": {**fields, **COMMON_FIELDS},
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "extra"],
            "relabeling": {"login": "API key", "password": secret_label},
            "placeholders": {"host": host},
        },
    }
