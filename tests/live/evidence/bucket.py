"""A store of S3's kind on this machine, and a second one that takes every connection and answers nothing."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CONN_ID = "shelf"
BUCKET = "evidence"
URL = f"s3://{CONN_ID}@{BUCKET}/night"
PREFIX = "night/"


def connection(endpoint: str) -> str:
    """Return an Airflow connection to a store, as JSON."""
    extra = {"endpoint_url": endpoint, "region_name": "us-east-1"}
    fields = {"conn_type": "aws", "login": "key-of-the-shelf", "password": "secret-of-the-shelf", "extra": extra}
    return json.dumps(fields)


class Bucket:
    """
    The objects of a store, seen past Airflow.

    :param client: Of boto3.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        client.create_bucket(Bucket=BUCKET)

    def objects(self) -> dict[str, bytes]:
        """Return the contents of all objects by their names, in their order."""
        listed = self._client.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX).get("Contents", [])
        names = sorted(each["Key"].removeprefix(PREFIX) for each in listed)
        return {name: self._client.get_object(Bucket=BUCKET, Key=PREFIX + name)["Body"].read() for name in names}

    def put(self, name: str, content: bytes) -> None:
        """Write an object."""
        self._client.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=content)

    def delete(self, name: str) -> None:
        """Take an object away."""
        self._client.delete_object(Bucket=BUCKET, Key=PREFIX + name)

    def restore(self, objects: dict[str, bytes]) -> None:
        """Have these objects, and no others."""
        for name in self.objects().keys() - objects.keys():
            self.delete(name)
        for name, content in objects.items():
            self.put(name, content)


@contextmanager
def running_store() -> Iterator[tuple[str, Bucket]]:
    """Run a store, and yield where it listens and what is in it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="key-of-the-shelf",
            aws_secret_access_key="secret-of-the-shelf",
        )
        yield endpoint, Bucket(client)
    finally:
        server.stop()


@contextmanager
def silent_store() -> Iterator[str]:
    """Yield where something listens that never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
