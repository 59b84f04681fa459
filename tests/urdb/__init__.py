"""Rates of OpenEI's Utility Rate Database."""
