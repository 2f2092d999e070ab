"""One HTML page for a finished run: ``reading/`` reads its folder, ``figures/`` plots, ``page.py`` renders the page."""
