"""Statements that need no JVM."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conf.loading.loader import load_settings
from gress.sql.execution import Executor
from gress.sql.session_options import SessionOptions
from gress.sql.statements import Statement


class SetOperation:
    """A SET without key and value, as Flink's parser makes it."""

    def getClass(self) -> Any:
        return SimpleNamespace(getSimpleName=lambda: "SetOperation")

    def getKey(self) -> Any:
        return SimpleNamespace(isPresent=lambda: False)


def test_options_are_listed_without_their_secrets(tmp_path: Path) -> None:
    ours = {
        "s3.secret-key": "word",
        "s3.endpoint": "inner.host",
        "parallelism.default": "2",
        "sink": "http://u:word@host/x",
    }
    options = {**ours, "$internal": "x", "__table.query-start.local-timestamp__": "1"}
    configuration = SimpleNamespace(to_dict=lambda: options)
    config = SimpleNamespace(get_configuration=lambda: configuration)
    path = tmp_path / "c.yaml"
    path.write_text("execution: {flink: {s3.endpoint: '${HOST}'}}", "utf-8")
    session: Any = SimpleNamespace(
        parse=lambda _: SetOperation(),
        tables=SimpleNamespace(get_config=lambda: config),
        options=SessionOptions(load_settings(path, environ={"HOST": "inner.host"})),
    )
    shown: list[str] = []

    def show(lines: Iterable[str]) -> None:
        shown.extend(lines)

    models: Any = None
    Executor(session, models, show, show).run(Statement("SET", 1), "x.sql")
    assert shown == [
        "'parallelism.default' = '2'",
        "'s3.endpoint' = '***'",
        "'s3.secret-key' = '***'",
        "'sink' = 'http://***@host/x'",
    ]
