"""The style map: every card has a place, likes lie together, and the figures of the directions mean what they say."""

import numpy as np

from modules.styles.atlas import GROUPS, neighbours, places
from modules.styles.cards import cards


def test_every_style_is_on_the_map_and_in_one_group():
    assert set(places()) == set(cards())
    families = [family for group in GROUPS.values() for family in group]
    assert sorted(families) == sorted({card.family for card in cards().values()})
    for place in places().values():
        assert 0 <= place.x <= 1 and 0 <= place.y <= 1 and place.like


def test_no_dot_hides_another():
    at = np.array([(place.x, place.y) for place in places().values()])
    far = np.linalg.norm(at[:, None] - at[None], axis=2) + np.eye(len(at))
    assert far.min() > 0.02


def test_near_means_alike():
    """Most of a style's five nearest are of its group; by chance it would be one in six."""
    same = [places()[other].group == place.group for place in places().values() for other in neighbours(place.name, 5)]
    assert np.mean(same) > 0.75


def test_directions_point_where_they_say():
    at = places()
    assert at["techno"].electronic > at["deep_house"].electronic * 0.8 > at["bluegrass"].electronic
    assert at["cinematic_horror"].happy < 0.3 < 0.6 < at["holiday"].happy
    assert at["ambient"].sparse > 0.7 > at["big_band"].sparse
