"""Reading what the workers expose to Prometheus; `gress top` and `gress health` share it."""
