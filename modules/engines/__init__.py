"""Engines: a request in, progress and takes out, one by one. `ENGINES` names those that exist.

An engine that cannot run here says why in one sentence (`available`), and the others go on.
"""
