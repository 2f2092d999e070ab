"""The plots of the page, one kind a module; the modules above compute without plotting."""
