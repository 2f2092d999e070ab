"""Tables of the site, made from those of the package when the site is built: nothing here can be out of date."""
