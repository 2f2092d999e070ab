"""Stores on servers of our own: their secrets, their settings, and how to make them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from conf.model_registry import ModelRegistrySettings
from tests.models.registry.places import Place
from tests.support.servers import ServerProcess

SECRETS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "s3cr3t-k3y", "AWS_SESSION_TOKEN": "s3cr3t-t0k3n"}
KEY_SECRETS = {"client_email": "robot@s3cr3t.test", "private_key": "s3cr3t-p3m", "private_key_id": "s3cr3t-1d"}

StartS3 = Callable[[], ServerProcess]
MakePlace = Callable[[str], Place]


def make_bucket(server: ServerProcess) -> None:
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1", **keys)
    client.create_bucket(Bucket="models")


def s3_settings(url: str, **fields: str) -> ModelRegistrySettings:
    known = {"base_path": "models", "s3_bucket": "models", "s3_endpoint": url, "s3_region": "us-east-1"}
    return ModelRegistrySettings.model_validate({"type": "s3"} | known | fields)


def write_key(path: Path, url: str) -> Path:
    """A key file that leads to a server of ours."""
    path.write_text(json.dumps({"gcs_base_url": url, "disable_oauth": True} | KEY_SECRETS))
    return path
