"""PyFlink's JVM: the Java that runs it, its process, its archive of classes, and what Python may do while it plans."""
