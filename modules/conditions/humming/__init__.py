"""The humming condition: a voice, a whistle or one instrument → pitch curve → notes → key and beat grid.

`cleaning` takes steady noise out, `pitch` hears frequencies (CREPE; `whistle` where it is one), `articulation` hears
where notes begin, `notes` cuts the curve into them, `refusal` says what is no melody, `phrases` and `key` find breaths,
tuning, tonic and mode, `rhythm` finds tempo, metre and downbeat and quantises (`meter` judges); `knowledge` holds what
those two learned from written melodies; `hearing` joins them into a `types.Hum`. Knows nothing of canvases' tokens or
of what is made of the melody.
"""

from modules.conditions.humming.hearing import listen

__all__ = ["listen"]
