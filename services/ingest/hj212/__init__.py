"""HJ 212, the protocol by which monitors of pollution sources report (docs/hj212.md).

Editions: HJ/T 212-2005, HJ 212-2017, and of HJ 212-2025 what is certain.
"""
