"""Entries of the catalogue of metrics: their class, their buckets, those of the feature store and the autoscaler."""
