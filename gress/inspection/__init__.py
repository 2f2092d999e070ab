"""Saved state of jobs as people look at it; `gress state` prints it."""
