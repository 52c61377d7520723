"""Whose accounts a command is about, and how it ends when it has failed at some of them."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_exchange.errors import ConnectionConfigError, ExchangeError
from airflow_provider_exchange.hooks.accounts import check_conn_ids, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)


def named_accounts(conn_ids: Any) -> dict[str, Any]:
    """Return the connections of a command line; see :func:`.check_conn_ids`. End the command if they are wrong."""
    # As `airflow connections test` does. Without it, Airflow does not look into the metadata database.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    try:
        return check_conn_ids(conn_ids, "--conn-id")
    except ConnectionConfigError as error:
        raise SystemExit(f"Failed: {error}") from None


def fail_if_any(errors: Mapping[str, Exception], *, of: int = 1, what: str = "") -> None:
    """
    End the command with what is wrong with each account, without a traceback.

    :param errors: By connection; if there are none, the command goes on.
    :param of: How many accounts there are; of several, those that have failed are counted and named in the end.
    :param what: What is to be said of them.
    """
    lines: list[str] = []
    for name, error in errors.items():
        orders = error.orders if isinstance(error, ExchangeError) else ()
        why = error.concerning(()) if isinstance(error, ExchangeError) else error
        lines += [f"Failed: {name}: {reason(name, why)}", *(f"  {order}" for order in orders)]
        if not isinstance(error, ExchangeError | AirflowNotFoundException):
            log.error("at %s", name, exc_info=error)  # seen with --verbose
    if lines and of > 1:
        lines.append(f"{len(errors)} of {of} accounts {what}: {', '.join(errors)}")
    if lines:
        raise SystemExit("\n".join(lines))
