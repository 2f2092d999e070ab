"""Refusals of surroundings that Kubernetes or Flink would refuse later, in a pod."""

from __future__ import annotations

import re

from gress.deploy_render.deployment import Place
from jobs.errors import refuse

_IMAGE = re.compile(
    r"([a-zA-Z0-9][a-zA-Z0-9.-]*(:\d+)?/)?[a-z0-9][a-z0-9._/-]*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?", re.ASCII
)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s?#]+", re.ASCII)
# A name of an account may stand before the host, as in abfss://container@account; a password may not.
_PASSWORD = re.compile(r"://[^/]*:[^/]*@")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def check_place(place: Place) -> None:
    """Check that names and URLs of the surroundings have the forms that a cluster takes.

    Raises:
        JobError: one has not; a URL with a password is not shown.
    """
    if not _IMAGE.fullmatch(place.image):
        refuse("--image", "a name such as registry.example/gress-ml:0.1.0", repr(place.image))
    if _PASSWORD.search(place.storage):
        refuse("--storage", "a URL without a password", "one with it", "put the bucket's keys into the Secret")
    if not _URL.fullmatch(place.storage):
        refuse("--storage", "a URL such as s3://bucket/folder, which every pod reaches", repr(place.storage))
    for option, name in (
        ("--operator-namespace", place.operator_namespace),
        ("--monitoring-namespace", place.monitoring_namespace),
    ):
        if not _NAMESPACE.fullmatch(name):
            refuse(option, "at most 63 lower-case letters, digits and '-'", repr(name))
