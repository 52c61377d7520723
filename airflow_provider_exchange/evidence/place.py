"""Where evidence is kept: in a local folder, or in a store that Airflow knows, such as ``s3://conn@bucket/evidence``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow.providers.common.compat.sdk import conf

from airflow_provider_exchange.evidence.folder import LOCAL
from airflow_provider_exchange.rendered import path_text

__all__ = ["Place", "place_of"]

SECTION = "exchange"


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where the lines go.

    :param folder: The local folder, which gets each line at once.
    :param store: The URL of the store that gets them in segments; None where the folder is all.
    """

    folder: Path
    store: str | None = None


def place_of(evidence: Any) -> Place | None:
    """
    Return where the evidence of a run is kept; None if none is.

    :param evidence: A path or a URL as text, or a path; empty for none, None for what Airflow's configuration says.
    :raises TypeError: when it is none of these.
    """
    where = path_text(evidence)
    if where is None:
        where = conf.get(SECTION, "evidence", fallback="")
    if not isinstance(where, str):
        raise TypeError("evidence is no text")
    where = where.strip()
    if not where:
        return None
    url = urlsplit(where)
    if url.scheme in LOCAL:
        return Place(_folder(unquote(url.path) if url.scheme else where))
    return Place(_folder(conf.get(SECTION, "evidence_spool", fallback="") or _default_spool()), where)


def _default_spool() -> str:
    return str(Path(os.environ.get("AIRFLOW_HOME") or "~/airflow") / "exchange_evidence")


def _folder(text: str) -> Path:
    return Path(os.path.expandvars(text)).expanduser().absolute()
