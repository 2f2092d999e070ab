"""Settings of a database's tables: what is refused, and what is never shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.loading.render import render_yaml
from conf.settings import Settings

SECRET = "hunter2hunter2"
SINK = {"url": "jdbc:postgresql://db:5432/scores", "user": "gress", "predictions": "scored"}


def sets(**more: str) -> list[str]:
    return [f"job.sink.jdbc.{name.replace('__', '.')}={value}" for name, value in {**SINK, **more}.items()]


def test_defaults(job_yaml: str, load: Callable[..., Settings]) -> None:
    jdbc = load(job_yaml, sets()).job.sink.jdbc
    assert (jdbc.password, jdbc.alerts, jdbc.options) == (None, None, {})


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"url": "jdbc:sqlite:scores.db"}, ": expected jdbc:postgresql://HOST:PORT/DATABASE"),
        ({"url": "jdbc:sqlite:scores.db"}, "Flink's connector for this version knows PostgreSQL, not SQLite"),
        ({"url": "jdbc:postgresql://db/scores?sslmode=require"}, "parameters go into options"),
        ({"url": "jdbc:postgresql://gress:word@db/scores"}, "expected jdbc:postgresql://HOST:PORT/DATABASE"),
        ({"predictions": "scored; DROP TABLE x"}, ": expected a table's name"),
        ({"alerts": "Scored"}, ": expected a table of its own, not that of predictions"),
        ({"options__user": "x"}, ": expected a parameter that no setting of ours decides"),
        ({"options__user": "x"}, "set user instead"),
        ({"options__stringtype": "varchar"}, "leave it out"),
        ({"options__bad-name": "x"}, "expected a parameter of the driver, such as sslmode"),
    ],
)
def test_what_is_refused(more: dict[str, str], text: str, job_yaml: str, refusals: Callable[..., list[str]]) -> None:
    (line,) = refusals(job_yaml, sets(**more))
    assert text in line
    assert "word@" not in line


def test_password_comes_from_the_environment(
    job_yaml: str, load: Callable[..., Settings], refusals: Callable[..., list[str]]
) -> None:
    listed = ", ".join(f"{name}: '{value}'" for name, value in SINK.items())
    (line,) = refusals(f"{job_yaml}  sink: {{jdbc: {{{listed}, password: {SECRET}}}}}\n")
    assert "job.sink.jdbc.password: expected a secret from the environment, got a hidden value" in line
    assert SECRET not in line
    text = f"{job_yaml}  sink: {{jdbc: {{{listed}, password: '${{DB}}'}}}}\n"
    settings = load(text, environ={"DB": SECRET})
    assert settings.job.sink.jdbc.password == SECRET
    assert SECRET not in render_yaml(settings)
    (line,) = refusals(job_yaml, sets(password=SECRET))
    assert "password (from --set" in line
    assert SECRET not in line
