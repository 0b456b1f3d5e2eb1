"""Content credentials: C2PA's own reader finds them whole, trusts what it should, and sees every change."""

from __future__ import annotations

import stat

import numpy as np
import pytest
import soundfile
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modules.audio.encode import write_audio
from modules.audio.tags import DIGITAL_SOURCE_TYPE, read_recipe
from modules.errors import InputError
from modules.studio import provenance
from modules.studio.provenance import identity, make_certificate, read_credentials, sign
from modules.types import Audio

RNG = np.random.default_rng(5)
SOUND = Audio((0.2 * RNG.standard_normal((2, 44_100))).astype(np.float32), 44_100)


def signed(path, fmt="wav"):
    write_audio(path, SOUND, fmt, "24", {"title": "Rain", "recipe": '{"seed":7}'})
    assert sign(path, "Rain")
    return path


def pems(chain: bytes) -> list[bytes]:
    return [each.public_bytes(serialization.Encoding.PEM) for each in x509.load_pem_x509_certificates(chain)]


@pytest.mark.parametrize("fmt", ["wav", "mp3", "flac"])
def test_the_statement_is_there_and_says_who_and_what(tmp_path, fmt):
    found = read_credentials(signed(tmp_path / f"a.{fmt}", fmt))
    assert found["state"] == "Valid"
    manifest = found["manifest"]
    assert manifest["title"] == "Rain" and manifest["claim_generator_info"][0]["name"] == "Earworm"
    action = next(a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions"))["data"]["actions"][0]
    assert action["action"] == "c2pa.created" and action["digitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert manifest["signature_info"]["common_name"] == "Earworm on this computer"
    leaf = x509.load_pem_x509_certificates(identity().chain)[0]
    assert leaf.public_bytes(serialization.Encoding.DER) in (tmp_path / f"a.{fmt}").read_bytes()


@pytest.mark.parametrize("fmt", ["wav", "mp3", "flac"])
def test_signing_changes_neither_sound_nor_tags(tmp_path, fmt):
    plain = write_audio(tmp_path / f"plain.{fmt}", SOUND, fmt, "24", {"title": "Rain"})
    path = signed(tmp_path / f"a.{fmt}", fmt)
    assert np.array_equal(soundfile.read(plain)[0], soundfile.read(path)[0])
    assert read_recipe(path) == '{"seed":7}' and soundfile.SoundFile(path).title == "Rain"


def test_trusted_by_who_trusts_its_authority_only(tmp_path):
    path = signed(tmp_path / "a.wav")
    authority = pems(identity().chain)[1]
    assert read_credentials(path, trusted=authority)["state"] == "Trusted"
    assert read_credentials(path, trusted=pems(make_certificate().chain)[1])["state"] != "Trusted"


def test_one_changed_sample_is_seen(tmp_path):
    path = signed(tmp_path / "a.wav")
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"data") + 5_000] ^= 1
    path.write_bytes(whole)
    assert read_credentials(path)["state"] == "Invalid"


def test_ogg_and_midi_carry_none_and_stay_as_they_are(tmp_path):
    path = write_audio(tmp_path / "a.ogg", SOUND, "ogg")
    before = path.read_bytes()
    assert not sign(path, "Rain") and path.read_bytes() == before
    assert not sign(tmp_path / "a.mid", "Rain")


def test_a_file_without_credentials_says_nothing(tmp_path):
    assert read_credentials(write_audio(tmp_path / "a.wav", SOUND, "wav")) == {}


def test_the_certificate_is_made_once_and_is_its_owners(tmp_path, monkeypatch):
    monkeypatch.setenv("EARWORM_DATA", str(tmp_path / "data"))
    first, second = identity(), identity()
    assert first == second and first.kept
    key = tmp_path / "data" / "credentials" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    (key.parent / "chain.pem").write_bytes(b"damaged")
    assert identity().chain != first.chain  # made anew


def test_where_nothing_can_be_kept_it_says_so_in_the_certificate(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EARWORM_DATA", str(tmp_path / "file"))
    assert not identity().kept
    name = read_credentials(signed(tmp_path / "a.wav"))["manifest"]["signature_info"]["common_name"]
    assert name == "Earworm, made for one run only"


def test_ones_own_certificate_signs(tmp_path, monkeypatch):
    own = make_certificate("Studio of one's own")
    (tmp_path / "chain.pem").write_bytes(own.chain)
    (tmp_path / "key.pem").write_bytes(own.key)
    monkeypatch.setenv("EARWORM_C2PA_CERT", str(tmp_path / "chain.pem"))
    monkeypatch.setenv("EARWORM_C2PA_KEY", str(tmp_path / "key.pem"))
    found = read_credentials(signed(tmp_path / "a.wav"), trusted=pems(own.chain)[1])
    assert found["state"] == "Trusted"
    assert found["manifest"]["signature_info"]["common_name"] == "Studio of one's own"


def test_a_certificate_that_cannot_sign_is_refused_in_words(tmp_path, monkeypatch):
    path = write_audio(tmp_path / "a.wav", SOUND, "wav")
    before = path.read_bytes()
    own, other = make_certificate(), make_certificate()
    (tmp_path / "chain.pem").write_bytes(own.chain)
    (tmp_path / "key.pem").write_bytes(other.key)
    monkeypatch.setenv("EARWORM_C2PA_CERT", str(tmp_path / "chain.pem"))
    with pytest.raises(InputError, match="EARWORM_C2PA_KEY names no file"):
        sign(path, "x")
    monkeypatch.setenv("EARWORM_C2PA_KEY", str(tmp_path / "key.pem"))
    with pytest.raises(InputError, match="not the key of the first certificate"):
        sign(path, "x")
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(InputError, match="no PEM file"):
        sign(path, "x")
    # a self-signed certificate, which the standard does not allow
    key = ec.generate_private_key(ec.SECP256R1())
    name = provenance._name("self-made")
    alone = provenance._certificate(name, name, key, key, [(x509.BasicConstraints(ca=True, path_length=0), True)])
    (tmp_path / "chain.pem").write_bytes(alone.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    with pytest.raises(InputError, match="cannot sign"):
        sign(path, "x")
    assert path.read_bytes() == before and sorted(p.name for p in tmp_path.iterdir()) == ["a.wav", "chain.pem",
                                                                                          "key.pem"]
