"""The generator: one neural model that fills a partly known canvas under a style.

Owns the plan above the notes, the model, sampling and the checkpoint. Knows nothing of audio. Letters: `B` canvases,
`T` beats, `K` steps a beat, `C` cells a beat (2 + 9·K: root, quality, then each row's K steps), `D` width.
"""
