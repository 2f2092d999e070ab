"""Standalone clusters on this machine, and submission of jobs to any session cluster."""
