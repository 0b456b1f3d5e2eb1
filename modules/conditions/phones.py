"""The phonemes that words are sung in: ARPAbet; vowels may carry a stress digit ("AH0"). A syllable has one vowel."""

from __future__ import annotations

VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
CONSONANTS = frozenset("B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split())


def is_vowel(phone: str) -> bool:
    """Whether a phoneme, with or without stress digit, is a syllable's nucleus."""
    return phone.rstrip("012") in VOWELS


def with_vowel(phones: tuple[str, ...]) -> tuple[str, ...]:
    """A word without a vowel ("shh", "mm") gets a neutral one, because every syllable needs a nucleus to be sung."""
    return phones if any(is_vowel(phone) for phone in phones) else (*phones[:1], "AH0", *phones[1:])
