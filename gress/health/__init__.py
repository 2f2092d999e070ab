"""The verdict on a cluster and its jobs: facts, checks over them, and the HTTP endpoint that serves the result."""
