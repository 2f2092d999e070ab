"""The steps of a scoring job, from lines to rows for the sinks."""
