"""What runs in an environment that holds the wheel: ``look.py VERSION DOCUMENTATION``."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from airflow.providers_manager import ProvidersManager

import airflow_provider_exchange as package


def main(version: str, documentation: str) -> None:
    """End with an error when a module cannot be imported, or Airflow does not know the provider."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    provider = ProvidersManager().providers["airflow-provider-exchange"]  # type: ignore[no-untyped-call]
    shown = provider.data.get("documentation-url", documentation)  # Airflow 3.1 leaves a space before it
    told = (provider.version, shown.strip())
    if told != (version, documentation):
        sys.exit(f"Airflow tells version and documentation as {told}")


if __name__ == "__main__":
    main(*sys.argv[1:])
