"""From a filled canvas to timed notes: voicings, registers, swing and feel, dynamics, pedals, endings, MIDI.

Owns everything a player decides when the score is on the desk. Refuses to know how a note sounds (vocoder), what was
asked (conditions) and how notes were chosen (generator). Times are seconds from the first downbeat, pitches MIDI
numbers, velocities 1–127, levels the canvas' energies 0–7 (as floats). The same `Song` gives the same `Performance`.
"""
