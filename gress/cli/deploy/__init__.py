"""`gress deploy`: a job's manifests for Kubernetes."""
