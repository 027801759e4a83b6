"""Clients made from the OpenAPI document, which ask the running API everything it can be asked."""
