"""The feature store as it was at any time, from files: what features looked up in it get in an export."""
