from __future__ import annotations

from pathlib import Path

from conf.loading.loader import settings_from
from gress.report.head import facts
from jobs.run_folder.summary import Summary
from jobs.runs.model_texts import with_texts_of_versions
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.tiny_models import write_linear


def test_report_tells_tags_and_description_of_each_version(tmp_path: Path) -> None:
    path = write_linear(tmp_path)
    registry = local_registry(tmp_path / "registry")
    registry.publish(spec_from_file(path, "m", "1.0.0", tags=("by=us",), description="first"), path)
    entry = {"name": "m", "version": "2.0.0", "type": "onnx", "path": str(path), "tags": {"environment": "production"}}
    ml = settings_from({"ml": {"model_registry": {"base_path": str(registry.base)}, "models": [entry]}}).ml
    versions = {"1.0.0": 1, "2.0.0": 1, "3.0.0": 1}
    summary = Summary("j", 3, 3, 0, 0, 1.0, 3.0, model="m", versions=versions)
    found = dict(facts(with_texts_of_versions(summary, ml), None))
    assert (found["about 1.0.0"], found["about 2.0.0"]) == ("by=us; first", "environment=production")
    assert "about 3.0.0" not in found
