"""Every file of the zoo is served as its framework answers, or refused by the registration; none is served wrongly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from models.lifecycle import register, validate
from models.registry import local_registry
from models.scoring.event_fields import EventFields
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from models.scoring.sessions import SessionPool
from tests.models.zoo import damaged, handmade, quantised, raw_fields, scikit_learn
from tests.models.zoo.exhibits import Exhibit

ZOO: dict[str, Exhibit] = {}
for _room in (scikit_learn, handmade, raw_fields, quantised, damaged):
    ZOO.update({f"{_room.__name__.rpartition('.')[2]}-{name}": exhibit for name, exhibit in _room.EXHIBITS.items()})


def test_the_zoo_has_its_size() -> None:
    assert len(ZOO) >= 40
    assert sum(not exhibit.refusal for exhibit in ZOO.values()) >= 40
    assert sum(bool(exhibit.refusal) for exhibit in ZOO.values()) >= 20


@pytest.mark.filterwarnings("ignore")  # of the frameworks, about each other's versions
@pytest.mark.parametrize("name", ZOO)
def test_model(name: str, tmp_path: Path) -> None:
    exhibit = ZOO[name]
    (tmp_path / "made").mkdir()
    made = exhibit.make(tmp_path / "made")
    registry = local_registry(tmp_path / "registry")
    if exhibit.refusal:
        with pytest.raises(ModelError, match=exhibit.refusal) as refused:
            register(registry, made.path, "m", "1", **exhibit.options)
        assert refused.value.fix  # it says what to do
        assert not registry.base.exists()
        return
    register(registry, made.path, "m", "1", features=made.features, **exhibit.options)
    validate(registry, "m")
    fields = EventFields({name: kind for name, (kind, _) in exhibit.raw.items()})
    model = load_model(
        *registry.resolve("m"), feature_columns=exhibit.columns, fields=fields, sessions=SessionPool()
    )
    assert model.raw_fields == tuple(exhibit.raw)
    assert made.prediction is not None
    for n in (1, 2, len(exhibit.rows)):
        rows = exhibit.rows[:n]
        got = model.predict(Inputs(rows, {name: values[:n] for name, (_, values) in exhibit.raw.items()}))
        want = np.asarray(made.prediction(rows), dtype=np.float64).reshape(-1)
        np.testing.assert_allclose(got.prediction, want, rtol=exhibit.rtol, atol=1e-6)
        if made.label is not None and got.label is not None:
            assert got.label.tolist() == made.label(rows).tolist()
    model.close()
