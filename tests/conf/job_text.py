"""Settings of a small job, as text."""

from __future__ import annotations

JOB = """
job:
  name: fraud
  events:
    id: ID
    key: USER
    time: AT
    fields:
      ID: {type: long}
      USER: {type: string}
      AT: {type: timestamp}
      AMOUNT: {type: decimal, scale: 2}
      NOTE: {type: string, required: false}
  features:
    name: fraud
    specs: [{name: AMOUNT, type: numerical, source: AMOUNT}]
  inference: {model_name: fraud-detector}
"""
