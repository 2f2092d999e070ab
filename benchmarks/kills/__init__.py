"""The fraud job between topics of Kafka, while its processes are killed."""
