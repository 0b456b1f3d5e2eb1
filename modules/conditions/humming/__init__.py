"""The humming condition: a voice, a whistle or one instrument → pitch curve → notes → key and beat grid.

`pitch` hears frequencies (CREPE), `notes` cuts the curve into notes, `key` finds tuning, tonic and mode, `rhythm`
finds tempo, metre and downbeat and quantises; `hearing` joins them into a `types.Hum`. Knows nothing of canvases'
tokens or of what is made of the melody.
"""

from modules.conditions.humming.hearing import listen

__all__ = ["listen"]
