"""
Arguments of operators, sensor and notifier that no retry can mend, so that none is spent on them.

A mapped operator gets its arguments when it runs, and templates are rendered then: an error that Airflow does not
know for a permanent one would be retried.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException
from jinja2 import TemplateSyntaxError, UndefinedError

from airflow_provider_exchange.errors import InvalidOrderRequest
from airflow_provider_exchange.exchanges.arguments import check_count, check_flag, check_seconds
from airflow_provider_exchange.rendered import NotStorable, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["InvalidArgument", "StorableTemplates", "check_arguments", "for_good"]


class InvalidArgument(AirflowFailException, ValueError):  # noqa: N818
    """An argument that cannot be used: an error of the DAG file, and for a running task one without a retry."""


@contextmanager
def for_good() -> Iterator[None]:
    """Raise what is wrong with an argument as ``InvalidArgument``."""
    try:
        yield
    except InvalidOrderRequest as error:
        raise InvalidArgument(error.message) from error


def check_arguments(
    *,
    seconds: dict[str, Any] | None = None,
    seconds_or_zero: dict[str, Any] | None = None,
    counts: dict[str, Any] | None = None,
    flags: dict[str, Any] | None = None,
) -> None:
    """
    Raise ``InvalidArgument`` if one of these arguments cannot be used; each is given by its name.

    :param seconds: Positive times.
    :param seconds_or_zero: Times that may be 0.
    :param counts: Whole numbers, or None.
    :param flags: True or False.
    """
    with for_good():
        for name, value in (seconds or {}).items():
            check_seconds(value, name)
        for name, value in (seconds_or_zero or {}).items():
            check_seconds(value, name, may_be_zero=True)
        for name, value in (counts or {}).items():
            check_count(value, name)
        for name, value in (flags or {}).items():
            check_flag(value, name)


class StorableTemplates:
    """Renders templates to what Airflow can store, which it does before the task runs, and retries if it cannot."""

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """Render a template, or a collection of them; Airflow calls it for every template field."""
        try:
            rendered = super().render_template(content, context, jinja_env, seen_oids)  # type: ignore[misc]
            return storable(rendered)
        except NotStorable as error:
            raise InvalidArgument(f"an argument {error}") from None
        except TemplateSyntaxError as error:
            raise InvalidArgument(f"a template cannot be read: {error.message}") from None
        except UndefinedError as error:
            raise InvalidArgument(f"a template names what is not there: {error.message}") from None
        except RecursionError:
            raise InvalidArgument("an argument is nested too deeply") from None
