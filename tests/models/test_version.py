from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from conf.model_registry import ModelSettings
from models.errors import ModelError
from models.version import Version

# The precedence example of semver.org, section 11, with releases around it.
ASCENDING = [
    "0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
    "1.0.0-rc.1", "1.0.0-rc1", "1.0.0", "v1.5", "2.0.0", "2.0.10", "v9", "v10",
]  # fmt: skip
NUMBER = st.integers(0, 10**6)
VERSIONS = st.builds(
    Version, st.tuples(NUMBER, NUMBER, NUMBER), st.lists(st.one_of(NUMBER, st.sampled_from("ab-"))).map(tuple)
).filter(lambda version: len(str(version)) <= 100)


@pytest.mark.parametrize(("low", "high"), list(itertools.combinations(ASCENDING, 2)))
def test_order_is_semantic(low: str, high: str) -> None:
    assert Version.parse(low) < Version.parse(high)
    assert Version.parse(high) > Version.parse(low)


@pytest.mark.parametrize(
    ("text", "full"), [("v2.0", "2.0.0"), ("1.5", "1.5.0"), ("10", "10.0.0"), ("v1-rc.1", "1.0.0-rc.1")]
)
def test_short_forms_are_filled_up(text: str, full: str) -> None:
    assert str(Version.parse(text)) == full
    assert Version.parse(text) == Version.parse(full)


REFUSED = [
    "",
    "v",
    "latest",
    "01.2.3",
    "1.2.3.4",
    "1.0.0-",
    "1.0.0-01",
    "1.0.0+abc",
    "1.0.0rc1",
    " 1",
    "1\n",
    "\u0661",
    "1." + "9" * 5_000,
]


@pytest.mark.parametrize("text", REFUSED)
def test_other_text_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(ModelError, match=r"model version .* is not a semantic version; expected MAJOR\[\.MINOR"):
        Version.parse(text)


@given(VERSIONS)
def test_text_reads_back(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(VERSIONS, VERSIONS)
def test_order_is_total(a: Version, b: Version) -> None:
    assert (a < b) + (a == b) + (a > b) == 1


@pytest.mark.parametrize("text", REFUSED)
def test_settings_refuse_what_the_registry_refuses(text: str) -> None:
    with pytest.raises(ValidationError, match=r"expected a version such as v2\.0 or 1\.0\.0"):
        ModelSettings(name="m", version=text, type="onnx")
