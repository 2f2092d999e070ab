"""Versions that shall not serve any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.errors import ModelError
from models.lifecycle import delete, promote, retire, show
from models.registry import Registry


def test_what_serves_is_not_retired(three: Registry) -> None:
    with pytest.raises(
        ModelError, match=r"m@3\.0\.0 cannot be retired: it serves, as the highest version of a model th"
    ):
        retire(three, "m", "3")
    promote(three, "m", "1")
    promote(three, "m", "2")
    for version, role in [("1", "is what a rollback goes to"), ("2", "serves")]:
        with pytest.raises(ModelError, match=rf"cannot be retired: it {role} in generation 2; promote other"):
            retire(three, "m", version)
        with pytest.raises(ModelError, match=rf"cannot be deleted: it {role} in generation 2; promote other"):
            delete(three, "m", version)
    assert retire(three, "m", "v3", by="ann", why="odd") == "3.0.0"
    assert show(three, "m", "3").state == "retired"


@pytest.mark.parametrize(("end", "verb"), [(retire, "retired"), (delete, "deleted")], ids=["retire", "delete"])
def test_what_ends_has_to_be_named(end: Callable[..., str], verb: str, three: Registry) -> None:
    with pytest.raises(ModelError, match=rf"model m cannot be {verb} without a version; it has 1\.0\.0, 2\.0\.0, 3"):
        end(three, "m", "")
    assert len(three.versions("m")) == 3


def test_deleted_versions_are_gone(three: Registry) -> None:
    assert delete(three, "m", "v1") == "1.0.0"
    assert list(map(str, three.versions("m"))) == ["2.0.0", "3.0.0"]
