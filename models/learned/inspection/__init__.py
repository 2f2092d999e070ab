"""Learnt versions as people ask about them: what a model weighs, where it comes from, how it got better."""
