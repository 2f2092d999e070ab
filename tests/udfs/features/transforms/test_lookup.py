from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conf.settings import FeatureSpec
from udfs.features.tables.key_values import KeyValues
from udfs.features.transforms.lookup import Lookup

RISKS = {"FR": 0.25, "DE": 0.5, "IT": np.nan}
COUNTRIES = np.array(["DE", None, "FR", "XX", "IT", "DE"], dtype=object)


@pytest.fixture(params=["csv", "parquet"])
def countries(request, tmp_path):
    frame = pd.DataFrame({"country": list(RISKS), "x": list(RISKS.values()), "note": "unread"})
    path = tmp_path / f"countries.{request.param}"
    frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path)
    return path


@pytest.mark.parametrize("default", [None, -1.0], ids=["no default", "default"])
def test_numbers_equal_a_pandas_left_merge(compute, countries, default) -> None:
    table = pd.DataFrame({"country": list(RISKS), "x": list(RISKS.values())})
    golden = pd.DataFrame({"country": COUNTRIES}).merge(table, how="left", on="country")["x"]
    result = compute("lookup", {"country": COUNTRIES}, "country", table=str(countries), default=default)
    np.testing.assert_array_equal(result[:, 0], golden if default is None else golden.fillna(default))


def test_whole_number_keys_equal_a_pandas_left_merge(compute, tmp_path) -> None:
    random = np.random.default_rng(3)
    table = pd.DataFrame({"id": random.permutation(5000)[:2000], "size": random.normal(size=2000)})
    table.to_parquet(tmp_path / "t.parquet")
    visits = random.integers(0, 5000, 3000)
    golden = pd.DataFrame({"id": visits}).merge(table, how="left", on="id")["size"]
    path = str(tmp_path / "t.parquet")
    result = compute("lookup", {"visits": visits}, "visits", table=path, key="id", value="size")
    np.testing.assert_array_equal(result[:, 0], golden)


def test_keys_without_a_number_are_counted_and_nulls_are_not(build, count, countries) -> None:
    columns, table = {"country": COUNTRIES}, str(countries)
    assert count("lookup", columns, "country", table=table) == 2
    assert count("lookup", columns, "country", table=table, default=0) == 0
    assert build("lookup", "country", table=table).has_domain
    assert not build("lookup", "country", table=table, default=0).has_domain


def test_a_batch_is_looked_up_once_though_its_keys_are_counted(build, countries, monkeypatch) -> None:
    feature, looks = build("lookup", "country", table=str(countries)), []
    look_up = KeyValues.look_up
    monkeypatch.setattr(KeyValues, "look_up", lambda self, keys: looks.append(1) or look_up(self, keys))
    out = np.empty((len(COUNTRIES), 1))
    feature.transform({"country": COUNTRIES}, out)
    assert feature.count_out_of_domain({"country": COUNTRIES}, out) == 2
    assert len(looks) == 1


def test_identity_is_the_definition_and_not_the_folder_or_the_content(build, tmp_path) -> None:
    first, second, other = tmp_path / "a" / "t.csv", tmp_path / "b" / "t.csv", tmp_path / "other.csv"
    for path, number in ((first, 1), (second, 2), (other, 1)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"country,code,x,y\nFR,F,{number},0\n")
    feature = build("lookup", "country", table=str(first))
    assert feature.canonical() == build("lookup", "country", table=str(second)).canonical()
    for change in ({"value": "y"}, {"default": 0}, {"key": "code"}, {"table": str(other)}):
        changed = build("lookup", "country", **{"table": str(first), **change})
        assert changed.canonical() != feature.canonical()


def test_numbers_given_in_place_are_part_of_the_identity_in_any_order(build) -> None:
    table = {"FR": 1, "DE": 2}
    feature = build("lookup", "country", table=table)
    assert feature == build("lookup", "country", table=dict(reversed(table.items())))
    assert feature != build("lookup", "country", table={**table, "FR": 3})


def test_formula_names_the_file_and_the_columns(build, countries) -> None:
    feature = build("lookup", "country", table=str(countries), default=0.5)
    assert feature.formula(0) == f"x of {countries.name} where country = country, else 0.5"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "table: a file, or numbers by key; or entity, got no parameters"),
        ({"table": "missing.csv"}, r"table: a dimension table \(no such file\), got 'missing.csv'; correct the path"),
        ({"table": {"FR": "a"}}, r"table\['FR'\]: a finite number, got 'a'"),
        ({"table": {"FR": 1}, "key": "c"}, "no key, which names a column of a file, got 'key'; drop it"),
        ({"table": {"FR": 1}, "value": "c"}, "no value, which names a column of a file, got 'value'"),
        ({"table": {1: 1}}, "table: texts, as the column holds, got 1"),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("lookup", "country", **parameters)


def test_source_that_is_no_key_is_refused() -> None:
    from conf.settings import FieldSettings

    spec = FeatureSpec(name="x", type="lookup", source="amount", parameters={"table": {"FR": 1}})
    with pytest.raises(ValueError, match=r"a column of type string\|long, got 'amount' of type double"):
        Lookup.from_spec(spec, {"amount": FieldSettings(type="double")})
