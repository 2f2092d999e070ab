"""Logging of a deployment's pods: to the console and to the file that Flink's web page shows."""

from __future__ import annotations

from gress.cluster.silence import SILENCE

FILE = "log4j-console.properties"

_PATTERN = "%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n"


def log_settings() -> str:
    """Return the properties of Log4j 2."""
    lines = {
        "rootLogger.level": "INFO",
        "rootLogger.appenderRef.console.ref": "ConsoleAppender",
        "rootLogger.appenderRef.rolling.ref": "RollingFileAppender",
        "appender.console.name": "ConsoleAppender",
        "appender.console.type": "CONSOLE",
        "appender.console.layout.type": "PatternLayout",
        "appender.console.layout.pattern": _PATTERN,
        "appender.rolling.name": "RollingFileAppender",
        "appender.rolling.type": "RollingFile",
        "appender.rolling.fileName": "${sys:log.file}",
        "appender.rolling.filePattern": "${sys:log.file}.%i",
        "appender.rolling.layout.type": "PatternLayout",
        "appender.rolling.layout.pattern": _PATTERN,
        "appender.rolling.policies.type": "Policies",
        "appender.rolling.policies.size.type": "SizeBasedTriggeringPolicy",
        "appender.rolling.policies.size.size": "100MB",
        "appender.rolling.strategy.type": "DefaultRolloverStrategy",
        "appender.rolling.strategy.max": "3",
        **SILENCE,
    }
    return "".join(f"{key} = {value}\n" for key, value in lines.items())
