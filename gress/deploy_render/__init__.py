"""Kubernetes manifests of a job, made from its YAML: what `gress deploy render` writes, one kind of object a file.

Rule: a manifest holds names of secrets and never a value that comes from a variable of this machine.
"""
