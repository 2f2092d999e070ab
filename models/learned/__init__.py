"""Models that were learnt from the stream: their arrays, their ONNX files, their versions in the registry."""
