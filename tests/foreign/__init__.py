"""Airbyte's own tools judge source-gong: PyAirbyte, the CDK's standard test suite, and the protocol's models.

``make judges`` installs them into an environment of their own and prints what they found. The files that begin with
``judge_`` run there, never in the project's environment, so that pytest collects none of them.
"""
