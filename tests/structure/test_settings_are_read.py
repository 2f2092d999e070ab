"""A setting that nothing reads is a promise nobody keeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import conf
from conf.loading.schema import SettingKey, setting_keys
from conf.settings import Settings

READERS = ("gress", "jobs", "udfs", "state", "models")

# Settings that are read by a part still to come. A name without a further dot stands for all below it.
NOT_READ_YET = {
    "ml.feature_store": "cache of looked-up features",
    "ml.online_learning": "learners and their checkpoints",
    "ml.ab_testing": "router, shadow mode and experiment verdicts",
}

# A default that conf hands on to the operator's own setting, under this attribute: that one must be read.
HANDED_ON = {
    "ml.inference.default_batch_size": "batch_size",
    "ml.inference.default_batch_timeout": "batch_timeout_ms",
}

LEAVES = [key for key in setting_keys(Settings) if key.is_leaf]


def _named(path: Path) -> Iterator[str]:
    """Attributes that a module reads, and its texts, for ``getattr`` and tables."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.fixture(scope="module")
def names_read() -> set[str]:
    root = Path(conf.__file__).parents[1]
    modules = [path for reader in READERS for path in (root / reader).rglob("*.py")]
    return {name for path in modules for name in _named(path)}


def _path(key: SettingKey) -> str:
    return ".".join(key.path)


def _is_awaited(path: str) -> bool:
    return any(path == awaited or path.startswith(f"{awaited}.") for awaited in NOT_READ_YET)


@pytest.mark.parametrize("key", [key for key in LEAVES if not _is_awaited(_path(key))], ids=_path)
def test_setting_is_read(key: SettingKey, names_read: set[str]) -> None:
    attribute = HANDED_ON.get(_path(key), key.attribute)
    assert attribute in names_read, (
        f"{_path(key)}: expected some file of {', '.join(READERS)} to read the attribute {attribute}; "
        "read it, or drop the setting"
    )


@pytest.mark.parametrize("awaited", NOT_READ_YET)
def test_awaited_setting_exists(awaited: str) -> None:
    assert awaited in {_path(key) for key in setting_keys(Settings)}
