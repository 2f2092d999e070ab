"""The feature transforms, one a file; the table `udfs.features.FEATURES` lists them."""
