"""Objects and their text: the same objects, for readers of YAML 1.1 and of 1.2."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gress.deploy_render.manifest_text import MARK, manifest_text

TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), whitelist_characters="\n\t"), max_size=30)
NODES = st.recursive(
    TEXTS | st.integers(0, 9) | st.booleans(), lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each)
)


def read(text: str, version: str = "1.2") -> list[Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    return list(yaml.load_all(text))


@given(st.dictionaries(st.sampled_from(["kind", "data", "spec"]), NODES, min_size=1))
def test_text_reads_as_the_objects(document: dict[str, Any]) -> None:
    assert read(manifest_text(document)) == [document]


@pytest.mark.parametrize(
    "text", ["on", "Yes", "n", "0x1", "1e3", "1_0", "12:30", "true", "null", "~", "=", "", "2 h", "a: b"]
)
def test_a_text_stays_one_in_both_versions(text: str) -> None:
    made = manifest_text({"value": text})
    assert [read(made, version) for version in ("1.1", "1.2")] == [[{"value": text}]] * 2


def test_several_objects_stand_behind_one_mark() -> None:
    made = manifest_text({"kind": "A"}, {"kind": "B"}, note="Two.\nNo more.")
    assert made == f"{MARK}.\n# Two.\n# No more.\nkind: A\n---\nkind: B\n"


def test_long_lines_are_not_folded() -> None:
    assert len(manifest_text({"line": "word " * 200}).splitlines()) == 2
