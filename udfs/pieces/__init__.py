"""Pieces of files, which workers read themselves, so that no row enters the JVM before it is scored."""
