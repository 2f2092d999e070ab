"""Settings of experiments, and their agreement with a job."""
