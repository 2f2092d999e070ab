"""From a request to a finished run: preparing, launching, waiting for streams, exporting features."""
