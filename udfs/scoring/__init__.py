"""Scoring that survives a model that fails, hangs or answers nonsense: breaker, deadline, ladder of fallbacks."""
