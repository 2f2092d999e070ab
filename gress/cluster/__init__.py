"""Standalone clusters on this machine, and jobs handed to any session cluster."""
