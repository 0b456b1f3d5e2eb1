"""Sound in and sound out: decodes any upload, resamples, measures simple features, encodes exports.

Knows nothing of notes, styles or models. Audio is `types.Audio`: float32 (channels, samples) in [-1, 1] with its
sample rate in Hz beside it; frames are counted by hops in samples, levels are dBFS of RMS.
"""
