"""Judges music: measures of canvases, the critic's choice among draws, and the match report on finished audio.

Knows nothing of how music was made; measures only what stands on the canvas or sounds in the audio.
"""
