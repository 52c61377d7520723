"""Certificates of a venue that does not exist."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = IPv4Address("127.0.0.1")


def authority(folder: Path, *hosts: str) -> tuple[Path, ssl.SSLContext]:
    """
    Make an authority, and with it one certificate for some hosts on this machine.

    :param folder: Where the files go.
    :return: The file with the authority's certificate, and what the hosts' server needs.
    """
    folder.mkdir()
    now = datetime.now(UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (folder.name, hosts[0])]
    identities = [x509.SubjectKeyIdentifier.from_public_key(key.public_key()) for key in keys]
    made = []
    for number in range(2):
        is_root = number == 0
        usage = dict.fromkeys(
            ("content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
        )
        builder = (
            x509.CertificateBuilder(names[0], names[number], keys[number].public_key(), number + 1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_root, None), critical=True)
            .add_extension(identities[number], critical=False)
            .add_extension(x509.AuthorityKeyIdentifier(identities[0].digest, None, None), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not is_root,
                    key_encipherment=False,
                    key_cert_sign=is_root,
                    crl_sign=is_root,
                    **usage,
                ),
                critical=True,
            )
            .add_extension(
                x509.SubjectAlternativeName([*map(x509.DNSName, hosts), x509.IPAddress(LOOPBACK)]), critical=False
            )
        )
        made.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(Encoding.PEM))
    root, server = folder / "root.pem", folder / "server.pem"
    root.write_bytes(made[0])
    key = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    server.write_bytes(key + made[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    return root, context
