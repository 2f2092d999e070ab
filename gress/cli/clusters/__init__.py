"""Commands that look after jobs on clusters."""
