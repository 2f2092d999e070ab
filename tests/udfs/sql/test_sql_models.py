"""Models of calls, found in the registry, and the columns that they take."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import Registry, local_registry
from tests.support.raw_models import write_text_alone, write_three_inputs
from tests.support.tiny_models import write_linear
from udfs.features.errors import FeatureError
from udfs.scoring.choice import choose
from udfs.sql.open_model import open_model
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.signature import Column
from udfs.sql.sql_models import SqlModels


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Models of numbers, of numbers beside a text and an identifier, and of a text alone."""
    found = local_registry(tmp_path / "registry")
    for name, version, file, columns, raw in (
        ("numbers", "1.0.0", write_linear(tmp_path / "numbers"), ("amount", "size", "hour"), None),
        ("numbers", "1.1.0", write_linear(tmp_path / "numbers"), ("amount", "size", "hour"), None),
        ("numbers", "2.0.0", write_linear(tmp_path / "numbers"), ("amount", "size", "hour"), None),
        ("mixed", "1.0.0", write_three_inputs(tmp_path / "mixed"), ("amount", "size"), ("merchant", "user_id")),
        ("text", "1.0.0", write_text_alone(tmp_path / "text"), None, None),
    ):
        found.publish(spec_from_file(file, name, version, feature_columns=columns, raw_inputs=raw), file)
    found.retire("numbers", "1.1.0")
    return found


@pytest.fixture
def models(registry: Registry) -> SqlModels:
    created = {"fraud": NamedModel("numbers", "1.0.0", "", ("hour", "size", "amount"))}
    return SqlModels(SqlOptions(str(registry.base), models=created))


@pytest.mark.parametrize(
    ("reference", "want"),
    [
        ("numbers", NamedModel("numbers")),
        ("numbers$2.0.0", NamedModel("numbers", "2.0.0")),
        ("numbers$all", NamedModel("numbers", "all")),
        ("fraud", NamedModel("numbers", "1.0.0", "", ("hour", "size", "amount"))),
        ("fraud$2.0.0", NamedModel("numbers", "2.0.0", "", ("hour", "size", "amount"))),
        ("fraud$all", NamedModel("numbers", "all", "", ("hour", "size", "amount"))),
    ],
)
def test_a_reference_is_a_model_of_create_model_or_of_the_registry(
    reference: str, want: NamedModel, models: SqlModels
) -> None:
    assert models.find("f", reference) == want


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("number", r"^model 'number' has no version in .*; nearest valid name 'numbers'$"),
        ("fraudd", r"nearest valid name 'fraud'$"),
        ("??", r"^model '\?\?' has no version in .*; known are fraud, mixed, numbers, text$"),
        ("", r"^model '' has no version in .*; known are fraud, mixed, numbers, text$"),
    ],
    ids=["registry", "CREATE MODEL", "far", "empty"],
)
def test_an_unknown_model_is_refused_with_the_nearest(reference: str, text: str, models: SqlModels) -> None:
    with pytest.raises(ModelError, match=text):
        models.find("f", reference)


@pytest.mark.parametrize(("reference", "got"), [(None, "NULL"), (3, "int")], ids=["null", "number"])
def test_a_reference_that_is_no_text_is_refused(reference: object, got: str, models: SqlModels) -> None:
    with pytest.raises(FeatureError, match=rf"^f: expected the name of a model in quotes, got {got}; as in"):
        models.find("f", reference)


def test_all_versions_are_meant_by_scores_alone_and_retired_ones_by_nobody(models: SqlModels) -> None:
    found = models.versions(models.find("gress_score", "numbers$all"))
    assert [each.version for each in found] == ["1.0.0", "2.0.0"]
    with pytest.raises(FeatureError, match=r"^f\('numbers\$all'\): expected one version, got all of them; gress_score"):
        models.one("f", "numbers$all")


@pytest.mark.parametrize("name", ["numbers", "mixed", "text"])
def test_columns_are_those_that_the_open_model_reads(name: str, models: SqlModels, registry: Registry) -> None:
    found = open_model(choose(registry.base, name), ())
    assert tuple(column.name for column in models.columns(NamedModel(name))) == found.scorer.inputs
    found.close()


def test_columns_say_what_their_values_are(models: SqlModels) -> None:
    assert models.columns(NamedModel("mixed")) == (
        Column("amount"), Column("size"), Column("merchant", "text"), Column("user_id", "number"),
    )  # fmt: skip
    created = models.options.models["fraud"]
    assert [column.name for column in models.columns(created)] == ["hour", "size", "amount"]


def test_inputs_of_create_model_that_lack_a_column_are_refused(models: SqlModels) -> None:
    with pytest.raises(FeatureError, match=r"^INPUT of model 'numbers': expected a column 'amount', got none; nearest"):
        models.columns(NamedModel("numbers", inputs=("amounts", "size", "hour")))


def test_a_broken_registry_is_no_unknown_model(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="file"):
        SqlModels(SqlOptions(str(tmp_path / "file"))).find("f", "numbers")
