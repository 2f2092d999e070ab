from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conf.errors import ConfigError
from conf.loading.resolve import resolve_location


def test_package_folder_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "shipped_models"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert resolve_location("package:shipped_models") == str(package)
    assert resolve_location("package:shipped_models/a/b.onnx") == str(package / "a" / "b.onnx")
    assert "shipped_models" not in sys.modules


def test_relative_paths_count_from_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve_location("./models") == str(tmp_path / "models")
    assert resolve_location("/models") == "/models"


def test_urls_are_kept() -> None:
    assert resolve_location("s3://bucket/models") == "s3://bucket/models"


@pytest.mark.parametrize("text", ["package:", "package:/etc", "package:a.b", "package:conf/../x", "package:a-b"])
def test_anything_but_a_package_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"settings: ml\.base_path: expected package:NAME or package:NAME/sub"):
        resolve_location(text, setting=("ml", "base_path"))


@pytest.mark.parametrize("name", ["no_such_package", "this"], ids=["missing", "module"])
def test_package_without_a_folder_says_what_to_do(name: str) -> None:
    with pytest.raises(ConfigError, match=f"got no installed package '{name}'; install the package {name}"):
        resolve_location(f"package:{name}")
