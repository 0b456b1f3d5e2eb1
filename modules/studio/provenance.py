"""Content credentials (C2PA 2): a signed statement inside a file that Earworm made it, and that it is AI-generated.

Owns the certificate that signs. Without further settings one is made on first use, for this installation alone, and
kept in the data folder under `credentials/`: readers then say that the file is unchanged since Earworm wrote it, by a
signer whom they do not know. A certificate of one's own is given by `EARWORM_C2PA_CERT` (PEM, the signer's first, then
those above it) and `EARWORM_C2PA_KEY` (PEM, unencrypted PKCS#8), and a time-stamping service, if wanted, by
`EARWORM_C2PA_TSA`; only with the last is anything outside asked. Refuses to know what is in the file.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from modules.assets import data_folder
from modules.audio.tags import AI_NOTICE, DIGITAL_SOURCE_TYPE
from modules.config import VERSION
from modules.errors import InputError

# Containers that C2PA defines an embedding for; OGG has none, nor have MIDI, MusicXML and LRC.
MEDIA_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac", ".mp4": "video/mp4",
               ".svg": "image/svg+xml"}
VALID_YEARS = 10  # without a time stamp a credential counts only while its certificate does
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_making = Lock()


@dataclass(frozen=True)
class Identity:
    """Who signs. `chain` and `key` are PEM; `algorithm` as COSE names it; `kept` False: made for this run only, because
    the data folder cannot be written."""

    chain: bytes
    key: bytes
    algorithm: str
    tsa: str | None = None
    kept: bool = True


def sign(path: Path | str, title: str) -> bool:
    """Put content credentials into a finished file, in place and whole or not at all; the last thing done to it.

    Returns:
        False where the container carries none (the file stays as it is).

    Raises:
        InputError: the certificate or key that the environment names cannot be used.
    """
    path = Path(path)
    kind = MEDIA_TYPES.get(path.suffix)
    if kind is None:
        return False
    import c2pa  # 40 MB of native code: only when something is signed

    who = identity()
    manifest = {
        "claim_generator_info": [{"name": "Earworm", "version": VERSION}], "title": title, "format": kind,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{
            "action": "c2pa.created", "digitalSourceType": DIGITAL_SOURCE_TYPE, "description": AI_NOTICE,
            "softwareAgent": {"name": "Earworm", "version": VERSION}}]}}],
    }
    signed = path.with_name(f".signing_{path.name}")
    try:
        try:
            signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(who.algorithm, who.chain, who.key, who.tsa))
            settings = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": True},
                        "builder": {"thumbnail": {"enabled": False}}}
            with c2pa.Context.from_dict(settings, signer=signer) as context, \
                    c2pa.Builder(manifest, context=context) as builder, \
                    open(path, "rb") as source, open(signed, "w+b") as target:
                builder.sign(kind, source, target)
        except c2pa.C2paError as error:
            if own_certificate():
                raise InputError("The certificate and key of EARWORM_C2PA_CERT and EARWORM_C2PA_KEY cannot sign "
                                 f"({error}); a PEM chain for document signing with its key would be right.") from error
            raise
        signed.replace(path)
    finally:
        signed.unlink(missing_ok=True)
    return True


def own_certificate() -> bool:
    """Does the environment name a certificate of one's own?"""
    return bool(os.environ.get("EARWORM_C2PA_CERT") or os.environ.get("EARWORM_C2PA_KEY"))


def identity() -> Identity:
    """The signer: the environment's, else this installation's own, made on first use.

    Raises:
        InputError: only one of certificate and key is named, or they cannot be read.
    """
    if own_certificate():
        return _from_environment()
    with _making:
        return _local(data_folder() / "credentials")


def _from_environment() -> Identity:
    names = ("EARWORM_C2PA_CERT", "EARWORM_C2PA_KEY")
    found = []
    for name in names:
        path = Path(os.environ.get(name, "")).expanduser()
        if not os.environ.get(name) or not path.is_file():
            raise InputError(f"{name} names no file; EARWORM_C2PA_CERT and EARWORM_C2PA_KEY must both name PEM files.")
        found.append(path.read_bytes())
    try:
        key = serialization.load_pem_private_key(found[1], password=None)
        certificate = x509.load_pem_x509_certificates(found[0])[0]
    except (ValueError, TypeError):
        raise InputError("EARWORM_C2PA_CERT or EARWORM_C2PA_KEY is no PEM file without a password; a certificate chain "
                         "and its PKCS#8 key would be right.") from None
    if _public(key.public_key()) != _public(certificate.public_key()):
        raise InputError("EARWORM_C2PA_KEY is not the key of the first certificate in EARWORM_C2PA_CERT; the signer's "
                         "certificate must stand first.")
    return Identity(found[0], found[1], _algorithm(key), os.environ.get("EARWORM_C2PA_TSA") or None)


def _algorithm(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    raise InputError("EARWORM_C2PA_KEY is of a kind that C2PA does not sign with; ECDSA on P-256, P-384 or P-521, "
                     "RSA or Ed25519 would be right.")


def _public(key: object) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _local(folder: Path) -> Identity:
    chain, key = folder / "chain.pem", folder / "key.pem"
    try:
        if not (_valid(chain) and key.is_file()):
            folder.mkdir(parents=True, exist_ok=True)
            made = make_certificate()
            _write_private(key, made.key)
            _write_private(chain, made.chain)
        return Identity(chain.read_bytes(), key.read_bytes(), "es256")
    except OSError:
        return _for_this_run()


@lru_cache(maxsize=1)
def _for_this_run() -> Identity:
    return make_certificate("Earworm, made for one run only", kept=False)


def _valid(chain: Path) -> bool:
    """Is there a certificate that counts for another month?"""
    if not chain.is_file():
        return False
    try:
        certificate = x509.load_pem_x509_certificates(chain.read_bytes())[0]
    except ValueError:
        return False
    return certificate.not_valid_after_utc > datetime.now(timezone.utc) + timedelta(days=30)


def _write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new_")  # created with mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(name, path)


def make_certificate(name: str = "Earworm on this computer", *, kept: bool = True) -> Identity:
    """A fresh signer below a fresh authority (the standard allows no self-signed signer), after C2PA 2.2 §14.5.

    The authority's key is thrown away: it can sign nobody else.
    """
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    above = _name(f"{name}: authority")
    authority = _certificate(above, above, authority_key, authority_key, [
        (x509.BasicConstraints(ca=True, path_length=0), True), (_usage(key_cert_sign=True, crl_sign=True), True)])
    signer = _certificate(_name(name), above, key, authority_key, [
        (x509.BasicConstraints(ca=False, path_length=None), True), (_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"), ExtendedKeyUsageOID.EMAIL_PROTECTION]),
         False)])  # document signing (RFC 9336)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption())
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (signer, authority))
    return Identity(chain, pem, "es256", kept=kept)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Earworm"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey,
                 signing: ec.EllipticCurvePrivateKey, extensions: list) -> x509.Certificate:
    now = datetime.now(timezone.utc)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
               .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
               .not_valid_after(now + timedelta(days=365 * VALID_YEARS))
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
                              critical=False))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing, hashes.SHA256())


def read_credentials(path: Path | str, trusted: bytes | None = None) -> dict:
    """What a file's credentials say: {"state": "Valid" | "Trusted" | "Invalid", "manifest": {…}}; {} without any.

    Args:
        trusted: PEM of authorities to trust.
    """
    import c2pa

    settings: dict = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    if trusted:
        settings["trust"] = {"trust_anchors": trusted.decode()}
        settings["verify"]["verify_trust"] = True
    with c2pa.Context.from_dict(settings) as context:
        reader = c2pa.Reader.try_create(str(path), context=context)
        if reader is None:
            return {}
        with reader:
            store = json.loads(reader.json())
    return {"state": store.get("validation_state"), "manifest": store["manifests"][store["active_manifest"]]}
