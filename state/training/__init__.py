"""Training in a stream: samples wait for their outcome, are learnt in a fixed order, and leave a version a slot."""
