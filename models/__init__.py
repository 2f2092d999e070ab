"""Models: their files, their registry, and the code that loads, serves and trains them."""
