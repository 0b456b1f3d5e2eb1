"""Every synthesised pitched sound as data: instrument name → `Patch`. Families stand in where a name has none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modules.assets import instruments


@dataclass(frozen=True)
class Patch:
    """One sound. `engine`: "wave" (wavetables behind a swept low-pass), "pad" (PADsynth), "fm" (two operators).

    Times in seconds, `gain_db` against the common loudness, `key_track` octaves of cutoff an octave of pitch."""

    engine: str = "wave"
    gain_db: float = 0.0
    # oscillators
    wave: str = "saw"
    voices: int = 1
    detune_cents: float = 0.0
    width: float = 0.0  # 0 mono … 1: voices spread over the stereo field
    sub: float = 0.0  # sine an octave below
    octave: float = 0.0  # the same wave an octave above
    noise: float = 0.0  # breath
    # low-pass
    cutoff_hz: float = 8000.0
    resonance: float = 0.8  # Q
    poles: int = 2
    sweep_octaves: float = 0.0
    sweep_s: float = 0.3
    key_track: float = 0.5
    lfo_hz: float = 0.0
    lfo_octaves: float = 0.0
    # amplitude
    attack_s: float = 0.005
    decay_s: float = 0.3
    sustain: float = 0.8
    release_s: float = 0.12
    # pitch
    glide_s: float = 0.0  # from the note before, when joined
    mono: bool = False  # a new note silences the old one
    vibrato_cents: float = 0.0
    drop_octaves: float = 0.0  # starts this much above its pitch …
    drop_s: float = 0.03  # … and falls within this time
    drive: float = 0.0
    # fm
    ratio: float = 1.0
    index: float = 2.0
    index_s: float = 0.4
    index_end: float = 0.2
    # pad
    bandwidth_cents: float = 35.0
    motion_hz: float = 0.12  # slow swing between the pad's dark and bright forms


_LEAD = Patch(mono=True, glide_s=0.04, vibrato_cents=14, release_s=0.09, key_track=0.6)
_BASS = Patch(mono=True, cutoff_hz=420, poles=4, sweep_octaves=2.2, sweep_s=0.18, decay_s=0.6, sustain=0.7,
              release_s=0.06, key_track=0.3, gain_db=2.0)
_PAD = Patch(engine="pad", attack_s=0.32, decay_s=0.1, sustain=1.0, release_s=0.9, cutoff_hz=2200, gain_db=0.0)
_BELL = Patch(engine="fm", attack_s=0.002, decay_s=1.6, sustain=0.0, release_s=0.8, ratio=3.5, index=2.2, index_s=0.5,
              index_end=0.1)
_PLUCK = Patch(gain_db=-3.0, cutoff_hz=900, sweep_octaves=3.2, sweep_s=0.12, decay_s=0.45, sustain=0.0,
               release_s=0.2, voices=2, detune_cents=8, width=0.4)

PATCHES: dict[str, Patch] = {
    # leads
    "saw_lead": replace(_LEAD, voices=3, detune_cents=11, width=0.35, cutoff_hz=3200, sweep_octaves=1.2),
    "square_lead": replace(_LEAD, wave="pulse25", cutoff_hz=14000, vibrato_cents=10, glide_s=0.0, release_s=0.03,
                           sustain=0.7, decay_s=0.2),
    "soft_lead": replace(_LEAD, wave="triangle", cutoff_hz=2600, attack_s=0.03, vibrato_cents=18, glide_s=0.07,
                         release_s=0.18),
    "supersaw": Patch(engine="wave", voices=7, detune_cents=22, width=1.0, cutoff_hz=6500, sweep_octaves=0.7,
                      sweep_s=0.5, attack_s=0.006, decay_s=0.4, sustain=0.85, release_s=0.22, octave=0.25),
    "synth_brass": Patch(voices=3, detune_cents=9, width=0.5, cutoff_hz=700, sweep_octaves=2.4, sweep_s=0.7,
                         attack_s=0.04, decay_s=0.5, sustain=0.8, release_s=0.15, poles=4),
    # plucked and struck synths
    "synth_pluck": _PLUCK,
    "synth_arp": replace(_PLUCK, wave="square", cutoff_hz=1100, sweep_octaves=2.2, sweep_s=0.1, decay_s=0.25,
                         sustain=0.15, resonance=1.8, release_s=0.1),
    "synth_stab": Patch(voices=5, detune_cents=14, width=0.7, cutoff_hz=1200, sweep_octaves=2.2, sweep_s=0.16,
                        decay_s=0.35, sustain=0.25, release_s=0.14, poles=4, resonance=1.1),
    "synth_bells": _BELL,
    "fm_piano": Patch(engine="fm", attack_s=0.002, decay_s=2.2, sustain=0.0, release_s=0.22, ratio=14.0, index=0.9,
                      index_s=0.12, index_end=0.02, voices=2, detune_cents=5, width=0.5),
    # basses
    "synth_bass": replace(_BASS, wave="saw", sub=0.5, voices=2, detune_cents=5),
    "acid_bass": replace(_BASS, cutoff_hz=330, resonance=7.0, sweep_octaves=3.3, sweep_s=0.16, glide_s=0.06,
                         drive=0.6, sustain=0.6, gain_db=-1.0),
    "reese_bass": replace(_BASS, voices=3, detune_cents=16, cutoff_hz=500, sweep_octaves=0.5, lfo_hz=0.35,
                          lfo_octaves=0.8, sustain=1.0, drive=0.5, sub=0.7, resonance=1.2),
    "sub_bass": replace(_BASS, wave="sine", cutoff_hz=1500, sweep_octaves=0.0, sustain=0.95, drive=0.6, gain_db=3.0,
                        attack_s=0.008),
    "bass_808": replace(_BASS, wave="sine", cutoff_hz=3000, sweep_octaves=0.0, attack_s=0.002, decay_s=1.6,
                        sustain=0.0, release_s=0.05, drop_octaves=1.6, drop_s=0.018, drive=1.1, glide_s=0.08,
                        gain_db=3.0),
    # pads
    "warm_pad": replace(_PAD, cutoff_hz=1300, bandwidth_cents=30),
    "analog_pad": replace(_PAD, cutoff_hz=2600, bandwidth_cents=45, attack_s=0.25, release_s=0.6),
    "dark_pad": replace(_PAD, cutoff_hz=550, bandwidth_cents=28, attack_s=0.45, sub=0.5),
    "glass_pad": replace(_PAD, wave="glass", cutoff_hz=7000, bandwidth_cents=18, attack_s=0.35, release_s=1.4),
    "choir_pad": replace(_PAD, wave="vowel", cutoff_hz=4500, bandwidth_cents=55, attack_s=0.35),
    "synth_strings": replace(_PAD, cutoff_hz=4200, bandwidth_cents=60, attack_s=0.16, release_s=0.4, octave=0.4),
}
OWN_SYNTHS = frozenset(PATCHES)  # sounded by us even where a sound font is at hand

# where there is no sound font: one plain timbre a family, and a few instruments that differ too much from theirs
_FAMILIES: dict[str, Patch] = {
    "piano": Patch(wave="string", cutoff_hz=1400, sweep_octaves=2.4, sweep_s=0.5, attack_s=0.002, decay_s=1.6,
                   sustain=0.0, release_s=0.18, voices=2, detune_cents=2.5, width=0.4),
    "keys": replace(PATCHES["fm_piano"], ratio=1.0, index=1.1, index_s=0.4, index_end=0.2),
    "bells": replace(_BELL, ratio=2.76, index=1.4),
    "mallets": Patch(engine="fm", attack_s=0.002, decay_s=0.7, sustain=0.0, release_s=0.3, ratio=4.0, index=0.8,
                     index_s=0.06, index_end=0.0),
    "strings_plucked": Patch(wave="string", cutoff_hz=1200, sweep_octaves=3.0, sweep_s=0.15, attack_s=0.002,
                             decay_s=0.9, sustain=0.0, release_s=0.25),
    "organ": Patch(wave="organ", cutoff_hz=6000, attack_s=0.012, sustain=1.0, release_s=0.08, voices=2,
                   detune_cents=3, width=0.6),
    "reeds": Patch(wave="reed", cutoff_hz=2600, attack_s=0.04, sustain=0.9, release_s=0.1, vibrato_cents=14, noise=0.02,
                   sweep_octaves=0.5),
    "guitar": Patch(wave="string", cutoff_hz=1300, sweep_octaves=2.6, sweep_s=0.22, attack_s=0.002, decay_s=1.1,
                    sustain=0.0, release_s=0.15),
    "bass": replace(_BASS, wave="string", cutoff_hz=380, sweep_octaves=2.0, decay_s=0.9, sustain=0.3),
    "strings": replace(_PAD, cutoff_hz=3000, bandwidth_cents=40, attack_s=0.12, release_s=0.25),
    "percussion": Patch(wave="sine", decay_s=0.8, sustain=0.0, drop_octaves=0.2),
    "voice": replace(_PAD, wave="vowel", cutoff_hz=3500, bandwidth_cents=40, attack_s=0.15, release_s=0.3),
    "brass": Patch(cutoff_hz=800, sweep_octaves=1.8, sweep_s=0.6, attack_s=0.04, sustain=0.85, release_s=0.1,
                   vibrato_cents=6, poles=4),
    "woodwinds": Patch(wave="flute", cutoff_hz=4000, attack_s=0.05, sustain=0.95, release_s=0.1, vibrato_cents=14,
                       noise=0.05),
    "synth": PATCHES["saw_lead"],
    "world": _PLUCK,
}
_STAND_INS: dict[str, Patch] = {
    "distortion_guitar": Patch(wave="string", cutoff_hz=2600, sweep_octaves=0.8, decay_s=4.0, sustain=0.8, drive=4.0,
                               attack_s=0.003, release_s=0.08),
    "overdriven_guitar": Patch(wave="string", cutoff_hz=2200, sweep_octaves=1.0, decay_s=3.0, sustain=0.6, drive=2.0,
                               attack_s=0.003, release_s=0.1),
    "muted_guitar": replace(_FAMILIES["guitar"], decay_s=0.18, sweep_s=0.06),
    "pizzicato_strings": replace(_FAMILIES["guitar"], decay_s=0.3, sweep_s=0.08),
    "harpsichord": replace(_FAMILIES["strings_plucked"], cutoff_hz=5000, octave=0.4),
    "clavinet": replace(_FAMILIES["strings_plucked"], wave="pulse25", decay_s=0.4),
    "whistle": replace(_FAMILIES["woodwinds"], wave="sine", noise=0.02),
}


def patch_of(instrument: str) -> Patch:
    """The patch that sounds an instrument of `assets/instruments.yaml` (kits have none: see `drums`)."""
    for table in (PATCHES, _STAND_INS):
        if instrument in table:
            return table[instrument]
    return _FAMILIES[instruments()[instrument]["family"]]
