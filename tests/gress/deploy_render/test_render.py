"""The folder of a render: made anew but for what is its user's."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gress.deploy_render.overlays import chosen_overlays
from gress.deploy_render.render import render, write_manifests
from jobs.errors import JobError
from tests.gress.deploy_render.cluster_schemas import documents
from tests.gress.deploy_render.rendered_jobs import KAFKA, deployment_of, rendered


def test_a_second_render_changes_nothing(tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(KAFKA))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    write_manifests(tmp_path, rendered(KAFKA))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_overlays_stay_as_their_users_left_them(tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(KAFKA))
    mine = tmp_path / "overlays" / "prod" / "flink-deployment.yaml"
    mine.write_text("kind: Mine\n")
    (tmp_path / "base" / "flink-deployment.yaml").write_text("# Made by `gress deploy render`.\nkind: Old\n")
    written = write_manifests(tmp_path, rendered(KAFKA))
    assert mine.read_text() == "kind: Mine\n"
    assert [path for path in written if path.startswith("overlays/")] == []
    assert (tmp_path / "base" / "flink-deployment.yaml").read_text() == rendered(KAFKA)["base/flink-deployment.yaml"]


def test_an_overlay_that_is_missing_is_written(tmp_path: Path) -> None:
    write_manifests(tmp_path, render(deployment_of(KAFKA), ["dev"]))
    assert [path.name for path in (tmp_path / "overlays").iterdir()] == ["dev"]
    written = write_manifests(tmp_path, rendered(KAFKA))
    assert [path for path in written if path.startswith("overlays/")] == [
        *("overlays/prod/flink-deployment.yaml", "overlays/prod/kustomization.yaml")
    ]


def test_an_overlay_of_an_interrupted_render_becomes_whole(tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(KAFKA))
    (tmp_path / "overlays" / "dev" / "kustomization.yaml").unlink()
    mine = tmp_path / "overlays" / "dev" / "flink-deployment.yaml"
    mine.write_text("kind: Mine\n")
    written = write_manifests(tmp_path, rendered(KAFKA))
    assert [path for path in written if path.startswith("overlays/")] == ["overlays/dev/kustomization.yaml"]
    assert mine.read_text() == "kind: Mine\n"


def test_overlays_of_another_deployment_are_refused_before_any_file_is_written(tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(KAFKA))
    before = (tmp_path / "base" / "job-settings.yaml").read_bytes()
    with pytest.raises(JobError, match=r"expected manifests of 'sentiment'.*got those of 'fraud-kafka'; name another"):
        write_manifests(tmp_path, rendered("sentiment"))
    assert (tmp_path / "base" / "job-settings.yaml").read_bytes() == before


def test_another_deployment_may_take_a_folder_without_overlays(tmp_path: Path) -> None:
    write_manifests(tmp_path, render(deployment_of(KAFKA), []))
    assert "base/flink-deployment.yaml" in write_manifests(tmp_path, render(deployment_of("sentiment"), []))


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(JobError, match="file: expected a path that can be written, got not a directory"):
        write_manifests(tmp_path / "file", rendered(KAFKA))


def test_a_url_makes_no_local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JobError, match="expected a folder of this machine, got a URL; name another --output"):
        write_manifests(Path("s3://bucket/manifests"), rendered(KAFKA))
    assert list(tmp_path.iterdir()) == []


def test_renders_at_once_write_one_after_the_other(tmp_path: Path) -> None:
    texts, folder = rendered(KAFKA), tmp_path / "kubernetes"
    with ThreadPoolExecutor(8) as pool:
        written = [each.result() for each in [pool.submit(write_manifests, folder, texts) for _ in range(24)]]
    assert {path: (folder / path).read_text("utf-8") for path in texts} == texts
    # The overlays are of the first.
    assert sorted(map(len, written))[-2:] == [len([path for path in texts if "overlays" not in path]), len(texts)]
    assert list(folder.rglob("*.part")) == []


def test_of_two_deployments_at_once_in_a_new_folder_one_is_refused(tmp_path: Path) -> None:
    texts = [rendered(KAFKA), rendered("sentiment")]
    with ThreadPoolExecutor(2) as pool:
        problems = [each.exception() for each in [pool.submit(write_manifests, tmp_path / "a", each) for each in texts]]
    assert [type(each) for each in problems if each] == [JobError]
    (there,) = (each for each, problem in zip(texts, problems, strict=True) if problem is None)
    assert {path: (tmp_path / "a" / path).read_text("utf-8") for path in there} == there


def test_a_file_of_somebody_else_is_refused_before_any_is_written(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "service-monitor.yaml").write_text("kind: Mine\n")
    with pytest.raises(JobError, match=r"service-monitor.yaml: expected a file of an earlier render, got another"):
        write_manifests(tmp_path, rendered(KAFKA))
    assert [path.name for path in (tmp_path / "base").iterdir()] == ["service-monitor.yaml"]


def test_files_of_an_installation_are_found_and_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gress.deploy_render.render.SHARED", ("dashboard.yaml",))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    with pytest.raises(
        JobError, match=r"dashboard.yaml: expected /.*share/gress-ml/kubernetes/dashboard.yaml, got nothing"
    ):
        render(deployment_of(KAFKA))
    place = tmp_path / "share" / "gress-ml" / "kubernetes"
    place.mkdir(parents=True)
    (place / "dashboard.yaml").write_text("kind: ConfigMap\n")
    made = render(deployment_of(KAFKA))
    assert documents(made["base/dashboard.yaml"]) == ({"kind": "ConfigMap"},)
    assert "dashboard.yaml" in documents(made["base/kustomization.yaml"])[0]["resources"]


def test_overlays_are_chosen_by_name() -> None:
    assert chosen_overlays([]) == ("dev", "prod")
    assert chosen_overlays(["prod", "prod"]) == ("prod",)
    with pytest.raises(JobError, match="--overlay: expected dev or prod, got 'test'"):
        chosen_overlays(["test"])


def test_overlays_keep_their_state_apart() -> None:
    folders = []
    for name in ("dev", "prod"):
        (changed,) = documents(rendered(KAFKA)[f"overlays/{name}/flink-deployment.yaml"])
        options = changed["spec"]["flinkConfiguration"]
        folders += [value for value in options.values() if value.startswith("s3://")]
    assert len(set(folders)) == len(folders) == 6


def test_production_scales_and_survives_a_manager() -> None:
    (changed,) = documents(rendered(KAFKA)["overlays/prod/flink-deployment.yaml"])
    options = changed["spec"]["flinkConfiguration"]
    assert (options["job.autoscaler.enabled"], options["jobmanager.scheduler"]) == ("true", "adaptive")
    assert changed["spec"]["jobManager"]["replicas"] == 2
    least, target, most = (float(options[f"job.autoscaler.utilization.{each}"]) for each in ("min", "target", "max"))
    assert least < target < most <= 1


def test_dashboard_is_one_that_grafana_reads() -> None:
    (found,) = documents(rendered(KAFKA)["base/ml-dashboard-configmap.yaml"])
    assert json.loads(found["data"]["ml-dashboard.json"])["uid"] == "gress-ml"
