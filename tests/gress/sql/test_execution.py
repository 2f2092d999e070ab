"""Statements that need no JVM."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from gress.sql.execution import Executor
from gress.sql.statements import Statement


class SetOperation:
    """A SET without key and value, as Flink's parser makes it."""

    def getClass(self) -> Any:
        return SimpleNamespace(getSimpleName=lambda: "SetOperation")

    def getKey(self) -> Any:
        return SimpleNamespace(isPresent=lambda: False)


def test_options_are_listed_without_their_secrets() -> None:
    ours = {"s3.secret-key": "word", "parallelism.default": "2", "sink": "http://u:word@host/x"}
    options = {**ours, "$internal": "x", "__table.query-start.local-timestamp__": "1"}
    configuration = SimpleNamespace(to_dict=lambda: options)
    config = SimpleNamespace(get_configuration=lambda: configuration)
    session: Any = SimpleNamespace(parse=lambda _: SetOperation(), tables=SimpleNamespace(get_config=lambda: config))
    shown: list[str] = []

    def show(lines: Iterable[str]) -> None:
        shown.extend(lines)

    models: Any = None
    Executor(session, models, show, show).run(Statement("SET", 1), "x.sql")
    assert shown == ["'parallelism.default' = '2'", "'s3.secret-key' = '***'", "'sink' = 'http://***@host/x'"]
