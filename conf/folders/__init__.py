"""Folders that processes and users of one machine share."""
