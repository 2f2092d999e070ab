"""One HTML page for a finished run: ``reading/`` its folder, ``figures/`` from it, ``page.py`` around them."""
