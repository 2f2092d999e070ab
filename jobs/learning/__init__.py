"""What learning adds to a job: the stream that learns, and what a run of a learning job needs before it starts."""
