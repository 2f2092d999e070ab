"""The site's pages, and in `tables` what fills in those that are generated; no part of the package."""
