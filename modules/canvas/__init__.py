"""The canvas: lanes × beats of tokens, with masks for what is known. Owns vocabularies, sections, canvas ↔ MIDI.

Knows nothing of styles, sound or models. Pitches are indices relative to do (the relative major's tonic); time is
steps (4 a beat; 6 in 6/8, whose beat is a dotted quarter).
"""

from modules.canvas.canvas import FREE, MUST_HOLD, MUST_ONSET, MUST_REST, NO_ONSET, Canvas, write_notes

__all__ = ["Canvas", "write_notes", "FREE", "MUST_ONSET", "NO_ONSET", "MUST_REST", "MUST_HOLD"]
