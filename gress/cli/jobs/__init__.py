"""`gress jobs`: the jobs that come with the package, and new ones."""
