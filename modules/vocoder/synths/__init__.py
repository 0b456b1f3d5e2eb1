"""Electronic instruments of our own in NumPy: oscillators, FM, pads, drum machines; also plain stand-ins for acoustic
instruments where no sound font is installed.

`patches` holds every sound as data, `tones` turns a patch and a pitch into samples, `drums` does so for kits, `stems`
places them in time. Owns the sounds; refuses to know about files, mixing and songs. Samples are float32 (2, n) at
44.1 kHz; every random phase hangs off the patch and the pitch, so the same note always sounds the same.
"""
