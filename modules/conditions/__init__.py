"""What people give — text, a hum, a reference track, lyrics, sliders — understood, and fused into one `Condition`.

One file or folder per input, each an extractor from plain input to its reading in `modules.types`; none of them knows
the others, and only fusing sees them all. Times are seconds, pitches MIDI numbers or Hz, tempi count beats (dotted
quarters in 6/8). What cannot be used raises `InputError`. Knows nothing of generators, sounds or interfaces.
"""
