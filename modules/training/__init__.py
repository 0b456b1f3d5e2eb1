"""Builds what ships in `assets/`: corpora → canvases, the teacher, training loops, voices. Nothing else imports it."""
