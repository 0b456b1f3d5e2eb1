"""Styles: genre knowledge as data, looked up, blended and mapped. Knows nothing of sound or models."""
