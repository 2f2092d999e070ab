"""The feature transforms, one a file; `udfs.features.FEATURES` is the table of them."""
