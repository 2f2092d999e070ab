"""Devices that models run on, exported as a metric."""
