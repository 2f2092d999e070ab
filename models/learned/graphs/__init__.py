"""ONNX graphs, put together node by node: `graph` builds one, `answers` adds the outputs of a learnt model."""
