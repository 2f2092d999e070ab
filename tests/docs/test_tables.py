"""The generated tables hold everything there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import gress
from conf.loading.schema import setting_keys
from conf.settings import Settings
from docs.tables.hook import TABLES, on_page_markdown
from docs.tables.settings import SettingsPart, meanings, settings, settings_parts
from udfs.dead_letters import REASONS
from udfs.features import FEATURES
from udfs.metrics.catalogue import METRICS, PREFIX
from udfs.rows import DEAD_LETTER, prediction_row

PARTS = list(settings_parts())


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.path or "all")
def test_every_setting_says_what_it_means(part: SettingsPart) -> None:
    meant = meanings(part.model)
    for name in part.fields:
        # The text without the default is the meaning.
        text = re.sub(r"default[ :].*|YAML ``\w+``", "", meant.get(name, "")).strip(" ;,.")
        assert text, f"{part.model.__name__}.{name}: expected what it means under Attributes, beside its default"
    assert set(meant) <= set(part.model.model_fields), f"{part.model.__name__} describes what it does not have"


def test_a_setting_without_a_meaning_would_be_found() -> None:
    class Bare(BaseModel):
        """Nothing."""

        one: int = 1

    assert meanings(Bare) == {}


def test_no_setting_is_left_out() -> None:
    text = settings()
    leaves = [key for key in setting_keys(Settings) if key.is_leaf]
    assert len(leaves) == sum(len(part.fields) for part in PARTS)
    assert len(leaves) == text.count("\n| `")
    assert all(f"| `{key.path[-1]}` |" in text for key in leaves)


def test_defaults_and_ranges_are_those_of_the_classes() -> None:
    text = settings()
    for row in (
        "| `max_latency` | `100ms` | duration > 0 |",
        "| `validation_split` | `0.2` | number >= 0 and < 1 |",
        "| `servers` | required | host:port, or several with commas between them |",
        "| `profile` | `throughput` | `throughput`, `latency` |",
        "| `batch_size` | `auto` | auto or a whole number >= 1 |",
        "| `port` | `0` | whole number >= 0 and <= 65535 |",
    ):
        assert row in text, row


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("features", [f"#{name}" for name in FEATURES]),
        ("metrics", [f"`{PREFIX}{name}`" for name in METRICS]),
        ("dead-letter-reasons", [f"`{reason}`" for reason in REASONS]),
        ("python-names", [f"`{name}" for name in gress.__all__ if name != "__version__"]),
        ("prediction-row", [f"`{column.name}`" for column in prediction_row()]),
        ("dead-letter-row", [f"`{column.name}`" for column in DEAD_LETTER]),
    ],
)
def test_table_holds_every_row(table: str, names: list[str]) -> None:
    text = TABLES[table]()
    assert [name for name in names if name not in text] == []


def test_every_table_stands_on_a_page(repository: Path) -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (repository / "docs").rglob("*.md"))
    assert set(re.findall(r"<!-- table: ([a-z-]+) -->", pages)) == set(TABLES)


def test_a_table_takes_the_place_of_what_stands_for_it() -> None:
    page = on_page_markdown("Before.\n\n*`make docs` puts a table here.* <!-- table: buckets -->\n\nAfter.")
    assert page == f"Before.\n\n{TABLES['buckets']()}\n\nAfter."


def test_unknown_table_fails_the_build() -> None:
    with pytest.raises(KeyError):
        on_page_markdown("<!-- table: nothing -->")
