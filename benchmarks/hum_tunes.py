"""Public-domain tunes that hums are made of: `TUNING` (with those of the example hums) to set thresholds by, `MEASURED`
for the benchmark alone. None of the measured occurs in the corpora that the metre model learned from.
"""

from __future__ import annotations

from modules.training.example_hums import TUNES, Tune, read_tune

EIGHTHS = 1 / 3  # of a 6/8 beat

TUNING: dict[str, Tune] = TUNES | {
    "clementine": read_tune(
        "Oh My Darling, Clementine (American, 1884)", "3/4", (5, "major"), 96,
        "F4:.75 F4:.25 F4 C4 A4:.75 A4:.25 A4 F4 F4:.75 A4:.25 C5:1.5 C5:.5 Bb4:.5 A4:.5 G4:2 G4:.75 A4:.25 Bb4 Bb4 "
        "A4:.75 G4:.25 A4 F4 F4:.75 A4:.25 G4:1.5 C4:.5 E4:.5 G4:.5 F4:2", pickup=1),
    "row_your_boat": read_tune(
        "Row, Row, Row Your Boat (American, 1852)", "6/8", (0, "major"), 72,
        "C4:3 C4:3 C4:2 D4 E4:3 E4:2 D4 E4:2 F4 G4:6 C5 C5 C5 G4 G4 G4 E4 E4 E4 C4 C4 C4 G4:2 F4 E4:2 D4 C4:6",
        unit=EIGHTHS),
    "alouette": read_tune(
        "Alouette (French Canadian, 1879)", "4/4", (7, "major"), 132,
        "G4:1.5 A4:.5 B4 B4 A4:.5 G4:.5 A4:.5 B4:.5 G4 D4 G4:1.5 A4:.5 B4 B4 A4:.5 G4:.5 A4:.5 B4:.5 G4:2"),
    "korobeiniki": read_tune(
        "Korobeiniki (Russian, 1861)", "4/4", (9, "minor"), 126,
        "E4 B3:.5 C4:.5 D4 C4:.5 B3:.5 A3 A3:.5 C4:.5 E4 D4:.5 C4:.5 B3:1.5 C4:.5 D4 E4 C4 A3 A3:2 "
        "D4:1.5 F4:.5 A4 G4:.5 F4:.5 E4:1.5 C4:.5 E4 D4:.5 C4:.5 B3 B3:.5 C4:.5 D4 E4 C4 A3 A3:2"),
}

MEASURED: dict[str, Tune] = {
    "au_clair": read_tune(
        "Au clair de la lune (French, 18th century)", "4/4", (0, "major"), 104,
        "C4 C4 C4 D4 E4:2 D4:2 C4 E4 D4 D4 C4:4 C4 C4 C4 D4 E4:2 D4:2 C4 E4 D4 D4 C4:4"),
    "london_bridge": read_tune(
        "London Bridge (English, 18th century)", "4/4", (2, "major"), 120,
        "A4:1.5 B4:.5 A4 G4 F#4 G4 A4:2 E4 F#4 G4:2 F#4 G4 A4:2 A4:1.5 B4:.5 A4 G4 F#4 G4 A4:2 E4:2 A4:2 F#4 D4:3"),
    "susanna": read_tune(
        "Oh! Susanna (Foster, 1848)", "4/4", (0, "major"), 132,
        "C4:.5 D4:.5 E4 G4 G4:1.5 A4:.5 G4 E4 C4:1.5 D4:.5 E4 E4 D4 C4 D4:3 C4:.5 D4:.5 E4 G4 G4:1.5 A4:.5 "
        "G4 E4 C4:1.5 D4:.5 E4 E4 D4 D4 C4:3", pickup=1),
    "bonnie": read_tune(
        "My Bonnie (Scottish, 1881)", "3/4", (0, "major"), 112,
        "G3 E4:1.5 D4:.5 C4 D4 C4 A3 G3 E3:4 G3 E4:1.5 D4:.5 C4 C4 B3 C4 D4:5 G3 E4:1.5 D4:.5 C4 D4 C4 A3 G3 E3:4 G3 "
        "A3 D4 C4 B3 A3 B3 C4:5", pickup=1),
    "lang_syne": read_tune(
        "Auld Lang Syne (Scottish, 1799)", "4/4", (5, "major"), 92,
        "C4 F4:1.5 F4:.5 F4 A4 G4:1.5 F4:.5 G4 A4 F4:1.5 F4:.5 A4 C5 D5:3 D5 C5:1.5 A4:.5 A4 F4 G4:1.5 F4:.5 G4 A4 "
        "F4:1.5 D4:.5 D4 C4 F4:3", pickup=1),
    "scarborough": read_tune(
        "Scarborough Fair (English, 17th century)", "3/4", (2, "minor"), 104,
        "D4:2 D4 A4:2 A4 E4:1.5 F4:.5 E4 D4:3 r A4 C5 D5:2 C5 A4 B4 G4 A4:3 r:2 D5 D5:2 D5 C5:2 A4 A4 G4 F4 E4 C4:2 "
        "D4:2 A4 G4:2 F4 E4 D4 C4 D4:3"),
    "drunken_sailor": read_tune(
        "Drunken Sailor (English, 1824)", "4/4", (2, "minor"), 168,
        "A4 A4:.5 A4:.5 A4 A4:.5 A4:.5 A4 D4 F4 A4 G4 G4:.5 G4:.5 G4 G4:.5 G4:.5 G4 C4 E4 G4 "
        "A4 A4:.5 A4:.5 A4 A4:.5 A4:.5 A4 B4 C5 D5 C5 A4 G4 E4 D4:2 D4:2"),
    "weasel": read_tune(
        "Pop Goes the Weasel (English, 1853)", "6/8", (0, "major"), 84,
        "C4:2 C4 D4:2 D4 E4 G4 E4 C4:3 C4:2 C4 D4:2 D4 E4:3 C4:3 C4:2 C4 D4:2 D4 E4 G4 E4 C4:3 A4:3 D4:2 F4 E4:3 C4:3",
        unit=EIGHTHS),
    "johnny": read_tune(
        "When Johnny Comes Marching Home (American, 1863)", "6/8", (7, "minor"), 90,
        "D4 G4:2 G4 G4:2 A4 Bb4:2 A4 Bb4:2 G4 F4:3 D4:3 F4:3 D4:2 D4 G4:2 G4 G4:2 A4 Bb4:2 A4 Bb4:2 C5 D5:3 Bb4:3 "
        "D5:3 Bb4:3", pickup=EIGHTHS, unit=EIGHTHS),
    "skye": read_tune(
        "Skye Boat Song (Scottish, 1884)", "6/8", (5, "major"), 60,
        "C4:1.5 D4:.5 C4 F4:2 F4 G4:1.5 F4:.5 G4 C5:3 A4:1.5 G4:.5 A4 D4:2 D4 C4:6 "
        "C4:1.5 D4:.5 C4 F4:2 F4 G4:1.5 F4:.5 G4 C5:3 A4:1.5 G4:.5 A4 G4:1.5 F4:.5 G4 F4:6", unit=EIGHTHS),
    "cucaracha": read_tune(
        "La Cucaracha (Mexican, 1818)", "4/4", (5, "major"), 126,
        "C4:.5 C4:.5 C4:.5 F4:1.5 A4 C4:.5 C4:.5 C4:.5 F4:1.5 A4:2.5 F4 F4:.5 E4:.5 E4:.5 D4:.5 D4:.5 C4:.5 C4:2.5 "
        "C4:.5 C4:.5 C4:.5 E4:1.5 G4 C4:.5 C4:.5 C4:.5 E4:1.5 G4:2.5 C5:.5 D5:.5 C5:.5 Bb4:.5 A4:.5 G4:.5 F4:3",
        pickup=1.5),
    "bella_ciao": read_tune(
        "Bella ciao (Italian, 19th century)", "4/4", (9, "minor"), 116,
        "E4:.5 A4:.5 B4:.5 C5:.5 A4:2 E4:.5 A4:.5 B4:.5 C5:.5 A4:2 E4:.5 A4:.5 B4:.5 C5 B4:.5 A4:.5 C5 B4:.5 A4:.5 "
        "E5 E5 E5:.5 E5:.5 D5:.5 E5:.5 F5:.5 F5:2 F5:.5 E5:.5 D5:.5 F5:.5 E5:2 E5:.5 D5:.5 C5:.5 B4 E5 C5 B4 A4:3",
        pickup=1.5),
    "minuet": read_tune(
        "Minuet in G (Petzold, 1725)", "3/4", (7, "major"), 116,
        "D4 G3:.5 A3:.5 B3:.5 C4:.5 D4 G3 G3 E4 C4:.5 D4:.5 E4:.5 F#4:.5 G4 G3 G3 C4 D4:.5 C4:.5 B3:.5 A3:.5 "
        "B3 C4:.5 B3:.5 A3:.5 G3:.5 A3 B3:.5 A3:.5 G3:.5 F#3:.5 G3:3"),
    "nachtmusik": read_tune(
        "Eine kleine Nachtmusik (Mozart, 1787)", "4/4", (7, "major"), 126,
        "G4:1 r:.5 D4:.5 G4:1 r:.5 D4:.5 G4:.5 D4:.5 G4:.5 B4:.5 D5:2 C5:1 r:.5 A4:.5 C5:1 r:.5 A4:.5 "
        "C5:.5 A4:.5 F#4:.5 A4:.5 D4:2"),
    "lullaby": read_tune(
        "Lullaby (Brahms, 1868)", "3/4", (0, "major"), 80,
        "E4:.5 E4:.5 G4:1.5 E4:.5 E4 G4:2 E4:.5 G4:.5 C5 B4:1.5 A4:.5 A4 G4 D4:.5 E4:.5 F4 D4 D4:.5 E4:.5 "
        "F4:2 D4:.5 F4:.5 B4:.5 A4:.5 G4 B4 C5:2", pickup=1),
    "mountain_king": read_tune(
        "In the Hall of the Mountain King (Grieg, 1875)", "4/4", (9, "minor"), 108,
        "A3:.5 B3:.5 C4:.5 D4:.5 E4:.5 C4:.5 E4 D#4:.5 B3:.5 D#4 D4:.5 Bb3:.5 D4 A3:.5 B3:.5 C4:.5 D4:.5 E4:.5 C4:.5 "
        "E4:.5 A4:.5 G4:.5 E4:.5 C4:.5 E4:.5 G4:2"),
    "entertainer": read_tune(
        "The Entertainer (Joplin, 1902)", "4/4", (0, "major"), 132,
        "D4:.5 D#4:.5 E4:.5 C5 E4:.5 C5 E4:.5 C5:3 C5:.5 D5:.5 D#5:.5 E5:.5 C5:.5 D5:.5 E5 B4:.5 D5 C5:3", pickup=1),
    "avignon": read_tune(
        "Sur le pont d'Avignon (French, 1853)", "4/4", (7, "major"), 112,
        "G4 G4 G4:2 A4 A4 A4:2 B4 C5 D5 G4 F#4 G4 A4 D4 G4 G4 G4:2 A4 A4 A4:2 B4 C5 D5 G4 A4 F#4 G4:2"),
    "yankee_doodle": read_tune(
        "Yankee Doodle (American, 1780)", "4/4", (5, "major"), 176,
        "F4 F4 G4 A4 F4 A4 G4 C4 F4 F4 G4 A4 F4:2 E4:2 F4 F4 G4 A4 Bb4 A4 G4 F4 E4 C4 D4 E4 F4:2 F4:2"),
    "joshua": read_tune(
        "Joshua Fit the Battle (American, 19th century)", "4/4", (2, "minor"), 120,
        "D4 C#4:.5 D4:.5 E4:.5 F4 F4:.5 G4:.5 G4 G4:2.5 A4:.5 A4 A4:2.5 F4:.5 G4 A4:2.5 "
        "D4 C#4:.5 D4:.5 E4:.5 F4 F4:.5 G4:.5 G4 G4:.5 A4:.5 G4:.5 F4 E4:.5 D4:.5 D4:2.5"),
}
SWUNG = ("joshua", "saints")  # sung with their eighths in triplets in one of two performances
