"""Overview of a registry's models."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import ModelError
from models.lifecycle import history, list_models, list_versions, promote, register, retire, rollback, show
from models.registry import Registry


def test_models_are_listed_with_what_serves(three: Registry, file: Path) -> None:
    register(three, file, "other", "1.0.0-rc.1")
    promote(three, "m", "1")
    promote(three, "m", "2")
    retire(three, "m", "3")
    m, other = list_models(three)
    assert (m.name, m.versions, m.latest, m.primary, m.previous, m.generation) == ("m", 3, "3.0.0", "2.0.0", "1.0.0", 2)
    assert m.states == {"deployed": 1, "retired": 1, "validated": 1}
    assert (other.primary, other.generation, other.states) == (None, 0, {"registered": 1})


def test_versions_are_listed_in_order(three: Registry, file: Path) -> None:
    register(three, file, "m", "10", tags=("new",))
    promote(three, "m", "2")
    rows = list_versions(three, "m")
    assert [row.version for row in rows] == ["1.0.0", "2.0.0", "3.0.0", "10.0.0"]
    assert [row.state for row in rows] == ["registered", "deployed", "registered", "registered"]
    assert (rows[-1].size_bytes, rows[-1].tags, rows[-1].type) == (file.stat().st_size, ("new",), "onnx")
    with pytest.raises(ModelError, match="has no model 'n'; it has m"):
        list_versions(three, "n")


def test_history_tells_who_promoted_and_who_refused(three: Registry) -> None:
    promote(three, "m", "1", by="ann", why="first")
    promote(three, "m", "2", by="bob")
    three.record("m", "2", "rejected", reason="takes 9 ms", by="job@host", generation=2)
    rollback(three, "m", by="cy")
    first, second, third = history(three, "m")
    assert (first.generation, first.action, first.primary, first.by, first.why) == (
        1,
        "promote",
        "1.0.0",
        "ann",
        "first",
    )
    assert [(each.version, each.reason, each.by) for each in second.rejections] == [("2.0.0", "takes 9 ms", "job@host")]
    assert (third.action, third.primary, third.previous, third.rejections) == ("rollback", "1.0.0", None, ())
    with pytest.raises(ModelError, match="has no model 'n'"):
        history(three, "n")


def test_a_damaged_record_is_named(three: Registry) -> None:
    three.record("m", "1", "rejected", generation=1)
    path = three.base / "m" / "1.0.0" / "records" / "rejected-1.json"
    path.write_text("{}")
    with pytest.raises(ModelError, match=r"record .*rejected-1\.json cannot be read: kind: Field required; remove it"):
        show(three, "m", "1")
