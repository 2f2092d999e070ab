from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from conf.errors import ConfigError
from jobs.flink.conf_file import read_flink_conf

OWNED_BY_SETTINGS = {
    "parallelism.default",
    "pipeline.max-parallelism",
    "execution.checkpointing.interval",
    "python.execution-mode",
    "python.fn-execution.bundle.size",
    "python.fn-execution.bundle.time",
    "python.fn-execution.arrow.batch.size",
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return tmp_path / "flink-conf.yaml"


def test_values_stay_as_written_and_in_order(conf: Path) -> None:
    conf.write_text(
        "# why\n\nstate.backend.type: hashmap\n  # indented remark\nrest.port:   08081  # not octal here\n"
        "env.java.opts.all: --add-opens=java.base/java.lang=ALL-UNNAMED -Da=b#c\n"
        "pipeline.object-reuse: true\n"
    )
    assert list(read_flink_conf(conf).items()) == [
        ("state.backend.type", "hashmap"),
        ("rest.port", "08081"),
        ("env.java.opts.all", "--add-opens=java.base/java.lang=ALL-UNNAMED -Da=b#c"),
        ("pipeline.object-reuse", "true"),
    ]


def test_empty_file_has_no_options(conf: Path) -> None:
    conf.write_text("")
    assert read_flink_conf(conf) == {}


@pytest.mark.parametrize(
    "line",
    [
        "rest.port 8081",
        "rest.port:8081",
        "rest.port:",
        "rest.port: # nothing",
        "  port: 8081",
        "- port",
        "rest.port: '8081'",
        'rest.port: "8081"',
        "hosts: [a, b]",
        "hosts: {a: b}",
        "hosts: - a",
        "hosts: &a b",
        "hosts: *a",
        "hosts: |",
        "hosts: a: b",
        "rest.port:\t8081",
        "rest.port: 8081\t",
        ": 8081",
    ],
)
def test_malformed_line_is_refused_with_its_number(conf: Path, line: str) -> None:
    conf.write_text(f"# first\na.b: c\n{line}\n")
    with pytest.raises(ConfigError) as refused:
        read_flink_conf(conf)
    assert str(refused.value) == f"{conf}:3: expected `key: value` in plain text, got {line!r}"


def test_repeated_key_is_refused(conf: Path) -> None:
    conf.write_text("a.b: c\na.b: d\n")
    with pytest.raises(ConfigError, match=r"flink-conf\.yaml:2: expected every key once, got a\.b again; remove one"):
        read_flink_conf(conf)


def test_missing_file_is_refused(conf: Path) -> None:
    with pytest.raises(ConfigError, match=r"flink-conf\.yaml: expected a readable file, got No such file"):
        read_flink_conf(conf)


def test_other_encodings_are_refused(conf: Path) -> None:
    conf.write_bytes(b"a.b: c\xe9\n")
    with pytest.raises(ConfigError, match=r"flink-conf\.yaml: expected UTF-8 text, got byte 6 is not"):
        read_flink_conf(conf)


def _as_yaml_texts(text: str) -> dict[str, str] | None:
    """Keys and values by a YAML reader that leaves scalars as they are written; None for no such map."""
    reader = YAML(typ="safe", pure=True)
    try:
        node = reader.compose(text)
    except YAMLError:
        return None
    if node is None:
        return {}
    return {key.value: value.value for key, value in node.value}


@given(st.text(alphabet="ab.:# -'\"[{&*!|>%@`,?~0\\\t", max_size=12))
def test_accepted_value_means_the_same_to_yaml(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    conf = tmp_path_factory.mktemp("conf") / "flink-conf.yaml"
    text = f"a.b: {value}\n"
    conf.write_text(text)
    try:
        options = read_flink_conf(conf)
    except ConfigError:
        return
    assert options == _as_yaml_texts(text)


def test_shipped_file_means_the_same_to_yaml(repository: Path) -> None:
    path = repository / "flink-conf.yaml"
    assert read_flink_conf(path) == _as_yaml_texts(path.read_text())


def test_shipped_file_says_nothing_that_settings_decide(repository: Path) -> None:
    assert not OWNED_BY_SETTINGS & set(read_flink_conf(repository / "flink-conf.yaml"))


def _flink_home() -> Path:
    spec = find_spec("pyflink")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def test_flink_knows_every_option_of_the_shipped_file(repository: Path) -> None:
    # Flink silently ignores an unknown option.
    home = _flink_home()
    jars = [*home.glob("lib/flink-dist-*.jar"), *home.glob("opt/flink-python-*.jar")]
    code = b""
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            names = [name for name in archive.namelist() if name.endswith("Options.class")]
            code += b"".join(archive.read(name) for name in names if name.startswith("org/apache/flink/"))
    options = read_flink_conf(repository / "flink-conf.yaml")
    assert [key for key in options if key.encode() not in code] == []
