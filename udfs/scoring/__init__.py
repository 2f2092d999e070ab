"""What happens when a model fails, hangs or answers nonsense: breaker, deadline, and the ladder of fallbacks."""
