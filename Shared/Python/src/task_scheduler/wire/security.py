"""Security of a connection: what it is encrypted by, as `CLUSTER_SECRET`, `CLUSTER_TLS`, `TLS_*` and `CLUSTER_INSECURE` say."""

from __future__ import annotations

import hashlib
import ssl
import sys
from dataclasses import dataclass, field

from task_scheduler.http import is_loopback
from task_scheduler.wire.keys import BY_CERTIFICATES, BY_SECRET, PEER, PLAIN, ROLE, LinkKeys

CIPHER = "ECDHE-PSK-CHACHA20-POLY1305"
ROLE_PREFIX = "urn:task-scheduler:"
"""What a certificate names its role by, among its subject alternative names."""


class SecurityError(Exception):
    """A peer, or an address, that this worker does not speak with."""


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files."""

    certificate: str
    key: str
    authorities: str

    def context(self) -> ssl.SSLContext:
        """Mutual TLS 1.3, trusting the cluster's own authority and nobody else. Raises `OSError` and `ValueError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(self.authorities)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def digest(self) -> bytes:
        """SHA-256 of this side's certificate (DER). Raises `OSError` and `ValueError`."""
        with open(self.certificate, encoding="ascii") as file:
            text = file.read()
        begin, end = text.find("-----BEGIN CERTIFICATE-----"), text.find("-----END CERTIFICATE-----")
        if begin < 0 or end < begin:
            raise ValueError("holds no certificate")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[begin:end] + "-----END CERTIFICATE-----\n")).digest()


@dataclass(frozen=True)
class Security:
    """What protects this worker's connections."""

    keys: LinkKeys | None = field(default=None, repr=False)
    always: bool = False
    """Whether connections on loopback are encrypted by the secret, too."""
    insecure: bool = False
    """Whether the network itself is trusted, so that the secret encrypts nothing."""
    context: ssl.SSLContext | None = None
    """Mutual TLS with certificates, for every connection."""
    digest: bytes = b""
    """SHA-256 of this side's certificate."""

    def tls(self, address: str) -> ssl.SSLContext | None:
        """What a connection to that address is encrypted by; `None`: nothing. Raises `SecurityError` where something must and nothing can."""
        if self.context is not None:
            return self.context
        if self.insecure or (is_loopback(address) and not self.always):
            return None
        if self.keys is None:
            raise SecurityError(
                f"{address} is another machine, and nothing would protect what is said to it: set CLUSTER_SECRET, or TLS_CERT, TLS_KEY and TLS_CA; "
                "or CLUSTER_INSECURE=true if the network itself is trusted")
        return by_secret(self.keys)

    def beneath(self, tls: ssl.SSLObject | None) -> bytes:
        """What is beneath a connection, as its proof binds it. Raises `SecurityError` for a certificate of another role."""
        if tls is None:
            return PLAIN
        if self.context is None:
            return BY_SECRET
        names = (tls.getpeercert() or {}).get("subjectAltName", ())
        if ("URI", ROLE_PREFIX + PEER) not in names:
            raise SecurityError(f"the certificate that answers does not say that its holder is a {PEER}")
        theirs = tls.getpeercert(binary_form=True) or b""
        return BY_CERTIFICATES + self.digest + hashlib.sha256(theirs).digest()


def has_pre_shared_keys() -> bool:
    """Tells whether this Python's ssl can encrypt by the secret alone."""
    return sys.version_info >= (3, 13) and ssl.HAS_PSK


def by_secret(keys: LinkKeys) -> ssl.SSLContext:
    """TLS 1.2 with the connection's key, nothing else. Raises `SecurityError` where this Python has no pre-shared keys."""
    if sys.version_info >= (3, 13) and ssl.HAS_PSK:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # The key is the proof of who answers; there is no certificate to look at.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHER)
        context.set_psk_client_callback(lambda hint: (ROLE, keys.encryption))
        return context
    raise SecurityError(
        f"Python {sys.version_info.major}.{sys.version_info.minor} cannot encrypt by CLUSTER_SECRET alone, 3.13 can: "
        "run the worker with that, or set TLS_CERT, TLS_KEY and TLS_CA; or CLUSTER_INSECURE=true if the network itself is trusted")
