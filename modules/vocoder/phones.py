"""The phones a voice can sing: ARPAbet without stress, and the classes that singing treats differently."""

from __future__ import annotations

PAUSE = "_"
DIPHTHONGS = frozenset(("AW", "AY", "EY", "OW", "OY"))
VOWELS = frozenset(("AA", "AE", "AH", "AO", "EH", "ER", "IH", "IY", "UH", "UW")) | DIPHTHONGS
NASALS = frozenset(("M", "N", "NG"))
GLIDES = frozenset(("L", "R", "W", "Y"))
SONORANTS = VOWELS | NASALS | GLIDES  # voiced throughout
PLOSIVES = frozenset(("B", "D", "G", "P", "T", "K", "CH", "JH"))
SIBILANTS = frozenset(("S", "SH", "Z", "ZH", "CH", "JH"))
FRICATIVES = frozenset(("F", "V", "TH", "DH", "S", "Z", "SH", "ZH", "HH"))
UNVOICED = frozenset(("P", "T", "K", "CH", "F", "TH", "S", "SH", "HH"))
PHONES = tuple(sorted(SONORANTS | PLOSIVES | FRICATIVES))  # 39
