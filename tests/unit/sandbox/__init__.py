"""Tests of the sandbox: its painter and its sample."""
