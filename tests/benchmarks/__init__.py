"""Measurements; run by 'dev.py bench', never collected by pytest."""
