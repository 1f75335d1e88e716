"""Providers of hosted models, asked over the network: HTTP, the SDKs that are used, keys and addresses."""
