"""Course of one model: rows are predicted, then learnt or held out; what makes the model worse is taken back.

Rules of this file:

- Everything follows from the order of rows alone: looks of the guard and reactions to drift come after fixed numbers of
  rows, so it decides nothing how rows are cut into batches.
- A held-out row is predicted as it comes, and never learnt: neither by the model nor by the scaler.
"""
