"""The teacher: writes complete, musical canvases from style cards, for the generator to learn from.

It never runs at generation time. Everything it draws comes from one `numpy` generator.
"""

from modules.training.teacher.song import Lesson, write_song

__all__ = ["Lesson", "write_song"]
