"""The sections on look-ups of the pages on features and on the feature store, as they are written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conf.loading.loader import load_settings
from tests.support.commands import Run
from tests.support.pages import read_blocks
from udfs.sql.signature import features_of


@pytest.fixture
def page(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Save the files of the section in a folder and go there."""
    monkeypatch.chdir(tmp_path)
    for block in read_blocks(repository / "docs" / "features.md"):
        if block.title:
            (tmp_path / block.title).write_text(block.text)
    return tmp_path


def test_the_features_are_explained(page: Path, command_line: Run) -> None:
    code, out, err = command_line("features", "explain", "fraud-detection", "--config", page / "shop.yaml")
    assert (code, err) == (0, "")
    assert "shop: 2 columns, hash" in out


def test_the_features_of_a_query_are_those_of_the_table(page: Path) -> None:
    features = features_of("shop.yaml", load_settings(page / "shop.yaml"))
    merchants = np.array(["m2", "m1", "m9"], dtype=object)
    found = features.transform({"merchant": merchants}, np.float64)
    np.testing.assert_array_equal(found, [[0.125, 1], [0.5, 3], [0.25, np.nan]])
    assert features.count_out_of_domain({"merchant": merchants}, found) == {"rank": 1}


def test_a_wrong_table_is_refused_when_settings_are_checked(page: Path, command_line: Run) -> None:
    (page / "merchants.csv").write_text("merchant_id,risk,country_rank\nm1,1,1\nm1,2,2\n")
    code, _, err = command_line("features", "explain", "fraud-detection", "--config", page / "shop.yaml")
    assert code == 2
    assert "distinct keys in column 'merchant_id', not 'm1' in line 2 and line 3" in err
    assert err.count("\n") == 1


def test_the_store_that_is_looked_up_in_is_explained(repository: Path, tmp_path: Path, command_line: Run) -> None:
    page = repository / "docs" / "feature-store.md"
    for block in read_blocks(page):
        if block.title:
            (tmp_path / block.title).write_text(block.text)
    code, out, err = command_line("features", "explain", "fraud-detection", "--config", tmp_path / "lookups.yaml")
    assert (code, err) == (0, "")
    assert "card-risk: 1 column, hash" in out
    (column,) = features_of("lookups.yaml", load_settings(tmp_path / "lookups.yaml")).explain()
    # The hash is that of the job that publishes.
    shop = features_of("shop.yaml", load_settings(tmp_path / "shop.yaml"))
    assert f"`shop: {len(shop.columns)} columns, hash {shop.hash}`" in page.read_text("utf-8")
    assert column.formula == (
        f"amount_24h of card:{shop.hash} in the feature store where entity = card, at most 1d old, else 0"
    )
