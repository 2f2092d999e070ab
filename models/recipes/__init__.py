"""Export of trained models to files that gress scores: one module a framework; needs the extra ``train``.

Rules:
- A recipe writes a file that ``gress models register`` accepts.
- The file has one input, float32 (n, k), n free. A recipe loads and runs the file once before it moves it to its path.
- A recipe scores the sample rows ``check`` in the framework and with the file, and refuses a file that answers
  differently. The difference is relative to the largest answer, which is about 1 for probabilities.
- gress uses outputs unchanged: a network that ends in logits needs its sigmoid or softmax inside.

Example::

    from models.recipes.lightgbm import to_onnx

    to_onnx(classifier, columns, Path("fraud.onnx"), check=rows[:1_000])
"""
