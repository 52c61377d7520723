"""Pokes with one HttpSensor an order, at the paper exchange, for an answer as small as one can be."""

import logging
import sys
import time

from airflow.providers.http.sensors.http import HttpSensor  # type: ignore[import-not-found, unused-ignore]

logging.disable(logging.CRITICAL)


def sensor(number: int) -> HttpSensor:
    """Return one that goes on waiting."""
    return HttpSensor(
        task_id=f"watch_{number}",
        http_conn_id="paper_http",
        endpoint="sandbox/health",
        response_check=lambda response: not response.json()["ok"],
    )


sensors: list[HttpSensor] = []
for line in sys.stdin:
    count = int(line)
    sensors += [sensor(number) for number in range(len(sensors), count)]
    began = time.process_time()
    for each in sensors[:count]:
        each.poke({})
    print("seconds", time.process_time() - began, flush=True)
