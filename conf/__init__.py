"""Typed, frozen settings and the YAML they come from."""
