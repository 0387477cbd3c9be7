"""Tests of the core, which pass without Qt."""
