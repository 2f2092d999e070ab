"""Objects of a deployment, one kind a file."""
