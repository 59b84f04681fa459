"""Tests of validation, estimation and editing."""
