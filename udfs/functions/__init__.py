"""What the operators of a job compute, batch in and batch out, without an engine: the adapters wrap these."""
