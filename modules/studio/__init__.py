"""The studio room: stems in, finished take out. Owns balance, effects, the stereo picture, mastering to a loudness and
a true-peak ceiling, loudness measurement (ITU-R BS.1770) and the files of a take (sound, stems, sheet music, karaoke,
film, each saying that it is AI-generated). Refuses to know which instrument or engine made a stem and what was asked
for; it reads only the song's style, energy plan and production words.

Sound is float32 (channels, samples); inside the room it is always stereo, `(2, T)`. Levels: LUFS for loudness, dBFS for
RMS, dBTP for true peaks. Control signals run at one value per hop of samples. The same input gives the same bytes.
"""
