"""Surroundings of a deployment: what a cluster would refuse later is refused now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gress.deploy_render.check_place import check_place
from gress.deploy_render.deployment import Place
from jobs.errors import JobError
from tests.gress.deploy_render.rendered_jobs import PLACE


@pytest.mark.parametrize("storage", ["s3://b", "abfss://box@account.dfs.core.windows.net/flink", "file:///mnt/shared"])
@pytest.mark.parametrize("image", ["gress-ml:0.1.0", "host:5000/a/b:1", f"r.example/a@sha256:{'0' * 64}"])
def test_names_and_urls_that_a_cluster_takes(storage: str, image: str) -> None:
    check_place(Place(image, storage))


@pytest.mark.parametrize(
    ("option", "changed"),
    [
        ("--storage", {"storage": "bucket"}),
        ("--storage", {"storage": "s3:"}),
        ("--storage", {"storage": ""}),
        ("--storage", {"storage": "s3://a b"}),
        ("--image", {"image": "Gress:1"}),
        ("--image", {"image": "a b"}),
        ("--operator-namespace", {"operator_namespace": "Flink_Operator"}),
        ("--monitoring-namespace", {"monitoring_namespace": "-"}),
        ("--monitoring-namespace", {"monitoring_namespace": "a" * 64}),
    ],
)
def test_what_a_cluster_refuses_names_its_option(option: str, changed: dict[str, str]) -> None:
    (value,) = changed.values()
    with pytest.raises(JobError, match=f"^{option}: expected .*, got '{value}'"):
        check_place(replace(PLACE, **changed))


def test_a_password_in_a_url_is_refused_and_not_shown() -> None:
    with pytest.raises(JobError, match="--storage: expected a URL without a password") as caught:
        check_place(replace(PLACE, storage="s3://key:hidden@bucket"))
    assert "hidden" not in str(caught.value)
