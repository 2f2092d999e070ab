"""Settings of learning from labels as they arrive, and their agreement with a job."""
