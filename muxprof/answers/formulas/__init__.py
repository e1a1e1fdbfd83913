"""Closed forms of blocks, networks and traced models."""
