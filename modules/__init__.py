"""Earworm's rooms: conditions → generator → performance → vocoder → studio → takes."""
