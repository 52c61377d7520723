"""The scenes by the recorded answer that they play."""

from __future__ import annotations

from collections.abc import Callable

import requests

from airflow_provider_exchange.sandbox.testing import RunningSandbox

Scene = Callable[[RunningSandbox], requests.Response]

SCENES: dict[str, Scene] = {}


def scene(name: str) -> Callable[[Scene], Scene]:
    def kept(play: Scene) -> Scene:
        SCENES[name] = play
        return play

    return kept
