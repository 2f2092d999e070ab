"""Policies of assignment other than the one that was logged: their value, from logged propensities."""
