"""Sessions on a GPU: which device, whether it is used at all and why not, and how batches get there."""
