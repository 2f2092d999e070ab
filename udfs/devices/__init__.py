"""Devices that models run on, told as a metric."""
