"""Faults on purpose: kills, full disks, damaged files; and whether anything was lost by them."""
