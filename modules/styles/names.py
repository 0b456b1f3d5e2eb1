"""What styles are called: every usual genre word → the cards that it may mean. Knows no grammar and no models.

A word that names one card decides; one that names a group ("rock") leaves the choice within it to the rest of the text.
A genre without a card of its own stands for its nearest neighbours.
"""

from __future__ import annotations

from functools import lru_cache

from modules.styles.cards import cards

# cards : words, separated by "|" (case, spaces and hyphens do not matter)
_CALLED = """
acoustic_folk: folk | folk music | acoustic folk | singer songwriter | folk song | indie folk | americana
afrobeat: afrobeat | afro beat | afrobeats | highlife | afro funk | afropop
afrobeat deep_house: amapiano | afro house
ambient: ambient | drone ambient | soundscape | dark ambient | space ambient | ambient music
baroque: baroque | bach | vivaldi | fugue | harpsichord concerto
baroque classical_minimalist romantic_waltz: classical | classical music | chamber music | orchestral music
bluegrass: bluegrass | old time | hoedown | newgrass
boom_bap: boom bap | boombap | old school hip hop | golden age hip hop | east coast hip hop | 90s hip hop
boom_bap trap lofi_hiphop: hip hop | hiphop | rap | rap beat
bossa_nova: bossa nova | bossa | bossanova
celtic: celtic | irish | irish folk | irish jig | jig | reel | scottish | sea shanty | shanty
chiptune: chiptune | chip tune | 8 bit | 8bit | 16 bit | video game music | game music | nintendo
cinematic_epic: epic trailer | trailer music | epic orchestral | cinematic epic | epic cinematic
cinematic_epic cinematic_sad cinematic_tense: cinematic | film score | soundtrack | film music | movie score
cinematic_epic cinematic_sad cinematic_tense: orchestral
cinematic_sad: cinematic sad | sad cinematic | sad strings
cinematic_tense: cinematic tense | tense cinematic | thriller score | horror score | horror music | suspense music
classic_rock: classic rock | 70s rock | southern rock | rock ballad
classic_rock indie_rock hard_rock: rock | rock music | rock song
classical_minimalist: minimalism | classical minimalist | philip glass | steve reich | minimal classical
classical_minimalist: contemporary classical
cool_jazz: cool jazz | jazz waltz | west coast jazz | modal jazz | lounge jazz | smooth jazz
cool_jazz swing_jazz jazz_ballad: jazz | jazz music | jazzy | jazz trio
corporate: corporate | corporate music | explainer video music
country: country | country music | country pop | honky tonk country | nashville
country_waltz: country waltz
dance_pop: dance pop | pop | pop song | electropop | electro pop | pop music | synth pop | synthpop | k pop
dance_pop: kpop | hyperpop
dance_pop house trance: edm | electronic dance music | big room | festival edm | future bass | dance music | eurodance
deep_house: deep house | tropical house | lounge house | organic house
disco: disco | nu disco | italo disco | disco funk
drum_and_bass: drum and bass | drum n bass | drumnbass | dnb | d and b | d n b | liquid dnb | jungle music
drum_and_bass: liquid drum and bass | breakcore | neurofunk
dubstep: dubstep | brostep | riddim | uk garage | bass music
flamenco: flamenco | rumba flamenca | bulerias
folk_pop: folk pop | stomp and clap | indie folk pop
funk: funk | funky | p funk | funk music
gospel: gospel | gospel music
hard_rock: hard rock | arena rock | stadium rock | glam rock | hair metal
holiday: christmas | christmas music | holiday music | xmas | christmas song | holiday
house: house music | house | french house | tech house | progressive house | chicago house | piano house
house: electro house
hymn: hymn | chorale | church music | plainsong | worship
indie_pop: indie pop | bedroom pop | dream pop | twee
indie_rock: indie rock | alternative rock | alt rock | indie | britpop | shoegaze | post rock | grunge | emo
jazz_ballad: jazz ballad | torch song | slow jazz | noir jazz
jazz_ballad swing_jazz cool_jazz: bebop | hard bop
latin_jazz: latin jazz | afro cuban jazz | mambo jazz
lofi_hiphop: lo fi hip hop | lofi hip hop | lo fi | lofi | lofi beats | lo fi beats | chillhop | chill hop
lofi_hiphop: study beats | jazz hop | trip hop
lullaby: lullaby | cradle song | lullabies | berceuse
march: march | marching band | military march | military band
metal: metal | heavy metal | thrash | thrash metal | death metal | metalcore | power metal | doom metal
metal: black metal | nu metal | djent
new_age_piano: new age | new age piano | relaxing piano | neoclassical piano | solo piano music | spa music
new_age_piano: meditation music
pop_ballad: pop ballad | piano ballad | power ballad | ballad | love ballad
punk_rock: punk | punk rock | pop punk | skate punk | hardcore punk | ska punk
reggae: reggae | roots reggae | dub | dub reggae | ska | rocksteady | dancehall | lovers rock
reggaeton: reggaeton | dembow | latin trap | latin pop | moombahton
rnb: r and b | rnb | r n b | contemporary r and b | neo soul | slow jam | quiet storm | rhythm and blues
romantic_waltz: waltz | viennese waltz | romantic waltz | chopin | strauss | ballroom waltz
salsa: salsa | mambo | son cubano | cha cha | cha cha cha | timba | merengue | cumbia | bachata
salsa bossa_nova samba reggaeton: latin | latin music
samba: samba | samba enredo | batucada | carnival samba
shuffle_blues: shuffle blues | blues shuffle | chicago blues | blues rock | boogie woogie | rhythm blues
shuffle_blues: rockabilly | rock and roll | rock n roll
shuffle_blues slow_blues: blues | blues music | 12 bar blues | twelve bar blues
slow_blues: slow blues | delta blues
soul: soul | soul music | motown | northern soul | classic soul
surf_rock: surf rock | surf | surf music
swing_jazz: swing | swing jazz | big band | big band swing | gypsy jazz | electro swing | dixieland | jump blues
swing_jazz: ragtime
synthwave: synthwave | synth wave | retrowave | outrun | darksynth | 80s synth | darkwave | new wave
tango: tango | tango argentino | milonga
techno: techno | minimal techno | detroit techno | acid techno | hard techno | industrial | industrial techno
techno: idm | electro | acid house
techno house synthwave: electronic | electronic music | electronica | electro music
trance: trance | psytrance | uplifting trance | goa trance | progressive trance | hardstyle
trap: trap | trap beat | drill | trap music | southern hip hop | phonk | cloud rap | uk drill
vaporwave: vaporwave | vapor wave | mallsoft | future funk | chillwave
"""


@lru_cache(maxsize=1)
def called() -> dict[str, tuple[str, ...]]:
    """Genre words in lower case, spaces kept → names of the cards that exist for them."""
    shipped, found = cards(), {}
    for card in shipped.values():
        for phrase in (card.name.replace("_", " "), card.title.lower()):
            found[phrase] = (card.name,)
    for line in _CALLED.strip().splitlines():
        names, phrases = line.split(":")
        known = tuple(name for name in names.split() if name in shipped)
        for phrase in phrases.split("|") if known else ():
            found.setdefault(phrase.strip(), known)
    return found
