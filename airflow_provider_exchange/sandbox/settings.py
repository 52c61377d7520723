"""Settings that can be changed while the paper exchange runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping

SettingsT = TypeVar("SettingsT")

LONGEST_LATENCY = 3600
LARGEST_SKEW = 1_000_000_000
"""Some thirty years: times beyond those that can be written would break whatever shows them."""


@dataclass(frozen=True)
class Settings:
    """
    The settings that apply to every venue. Each venue may have more, addressed as ``<venue>_<setting>``.

    :param latency: seconds before every response.
    :param rate_limits: whether the documented rate limits are enforced.
    :param skew: seconds by which the venues' clock is ahead.
    """

    latency: float = 0.0
    rate_limits: bool = False
    skew: float = 0.0

    def __post_init__(self) -> None:
        if not is_number(self.latency, 0, LONGEST_LATENCY):
            raise ValueError(f"latency is a number of seconds between 0 and {LONGEST_LATENCY}")
        if not isinstance(self.rate_limits, bool):  # "off" would be taken for true
            raise ValueError("rate_limits is true or false")
        if not is_number(self.skew, -LARGEST_SKEW, LARGEST_SKEW):
            raise ValueError(f"skew is a number of seconds between -{LARGEST_SKEW} and {LARGEST_SKEW}")


def is_number(value: Any, least: float, most: float) -> bool:
    """Whether a value of JSON is a number within bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def addressed(venue: str, settings: Any) -> dict[str, Any]:
    """
    Return a venue's settings by their full names, ``<venue>_<setting>``.

    :param venue: the venue's name.
    :param settings: a dataclass.
    """
    return {f"{venue}_{name}": value for name, value in asdict(settings).items()}


def chosen(venue: str, settings: SettingsT, changes: Mapping[str, Any]) -> SettingsT:
    """
    Return a venue's settings with the changes for this venue applied; changes for others are ignored.

    :param venue: the venue's name.
    :param settings: a dataclass whose fields are ``Literal`` types.
    :param changes: values by ``<venue>_<setting>``.
    :raises ValueError: an invalid value.
    """
    wanted: Any = settings
    for name, type_ in get_type_hints(type(settings)).items():
        key = f"{venue}_{name}"
        if key not in changes:
            continue
        allowed = get_args(type_)
        if changes[key] not in allowed:
            *others, last = map(str, allowed)
            raise ValueError(f"{key} is {', '.join(others)} or {last}")
        wanted = replace(wanted, **{name: changes[key]})
    read: SettingsT = wanted
    return read
