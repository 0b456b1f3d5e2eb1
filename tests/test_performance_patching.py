"""What was played stays: only changed lanes are new, only in their stretches, pedals as the player there has them."""

from __future__ import annotations

from dataclasses import replace

from modules.canvas import vocabulary as v
from modules.performance.patching import EARLY_S, last_sound_s, patch, shifted
from modules.performance.perform import perform
from tests.hand_song import hand_song, hand_syllables


def part(played, lane):
    return next(one for one in played.parts if one.lane == lane)


def edited(song):
    """The song with other drums in bars 5–8, and the performance of all of it."""
    canvas = song.canvas.copy()
    row = canvas.steps[v.ROW_NAMES.index("drum_a")]
    row[64:128] = 0
    row[64:128:4] = v.DRUM_A.index(("kick", None))
    return replace(song, canvas=canvas)


def test_only_the_changed_stretch_of_the_changed_lane_is_new():
    song = hand_song()
    old, new = perform(song), perform(edited(song))
    start_s, end_s = old.bar_starts_s[4], old.bar_starts_s[8]
    found = patch(old, new, {"drums": [(start_s, end_s)]})
    assert [one.lane for one in found.parts] == [one.lane for one in old.parts]
    for one in old.parts:
        if one.lane != "drums":
            assert part(found, one.lane) == one
    outside = [n for n in part(found, "drums").notes if not start_s - EARLY_S <= n.onset_s < end_s - EARLY_S]
    assert outside == [n for n in part(old, "drums").notes if not start_s - EARLY_S <= n.onset_s < end_s - EARLY_S]
    inside = [n.midi for n in part(found, "drums").notes if start_s - EARLY_S <= n.onset_s < end_s - EARLY_S]
    assert inside.count(36) == 16 and part(old, "drums").notes != part(found, "drums").notes
    # played again as a whole, later hits would stand a little elsewhere: that is why they are kept
    later = [n for n in part(new, "drums").notes if n.onset_s >= end_s]
    assert later != [n for n in part(old, "drums").notes if n.onset_s >= end_s]


def test_a_part_comes_and_goes():
    song = hand_song()
    old = perform(replace(song, instruments={k: x for k, x in song.instruments.items() if k != "bass"}))
    new = perform(song)
    whole = [(0.0, new.duration_s)]
    assert part(patch(old, new, {"bass": whole}), "bass") == part(new, "bass")
    assert all(one.lane != "bass" for one in patch(old, new, {}).parts)
    assert all(one.lane != "bass" for one in patch(new, old, {"bass": whole}).parts)


def test_the_pedal_stands_where_the_player_has_it():
    song = hand_song()
    old = perform(song)
    new = replace(old, parts=tuple(replace(one, controls=((0.0, 64, 127),)) if one.lane == "comp" else one
                                   for one in old.parts))
    start_s, end_s = old.bar_starts_s[2], old.bar_starts_s[4]
    found = part(patch(old, new, {"comp": [(start_s, end_s)]}), "comp").controls
    inside = [c for c in found if start_s - EARLY_S <= c[0] < end_s - EARLY_S]
    assert inside == [(start_s - EARLY_S, 64, 127)]
    assert found == tuple(sorted(found))


def test_words_follow_the_melody_and_everything_moves_together():
    song = hand_song(voice="clara")
    song = replace(song, syllables=hand_syllables(song))
    old = perform(song)
    new = replace(old, parts=tuple(replace(one, sung=tuple(replace(n, midi=n.midi + 1) for n in one.sung))
                                   for one in old.parts))
    span = (old.bar_starts_s[2], old.bar_starts_s[4])
    sung = part(patch(old, new, {"melody": [span]}), "vocal").sung
    before = part(old, "vocal").sung
    assert len(sung) == len(before)
    moved = [b.midi - a.midi for a, b in zip(before, sung, strict=True)]
    assert set(moved) == {0, 1}
    later = shifted(old, 3.0)
    assert part(later, "drums").notes[0].onset_s == part(old, "drums").notes[0].onset_s + 3.0
    assert later.duration_s == old.duration_s + 3.0
    assert last_sound_s(old, {"melody": [span]}) >= max(n.onset_s for n in before if n.onset_s < span[1] - EARLY_S)
