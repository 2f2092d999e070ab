"""From a trained model to the file that gress scores: one module a framework; needs the extra ``train``.

Rules:
- What a recipe writes is what ``gress models register`` takes.
- The file has one input, float32 (n, k), n free; it is opened and run once before it stands at its path.
- A ``check`` of sample rows is scored in the framework and, from the file, in gress; a file that answers otherwise
  is refused. The difference counts in parts of the largest answer: for probabilities, of about 1.
- Values are taken as they come: a network that ends in logits needs its sigmoid or softmax inside.

Example::

    from models.recipes.lightgbm import to_onnx

    to_onnx(classifier, columns, Path("fraud.onnx"), check=rows[:1_000])
"""
