"""TLS: whom this machine trusts, and a connection made safe. Loaded where an address asks for it, for it takes long."""

import os
import socket
import ssl
from pathlib import Path

from commonhold.client.errors import UsageError
from commonhold.client.http.faults import UnsentError, reason_of


def trust() -> ssl.SSLContext:
    """Return the trust of this machine, with the authority that ``REQUESTS_CA_BUNDLE`` adds.

    Raises:
        UsageError: that file or folder cannot be read.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    bundle = os.environ.get("REQUESTS_CA_BUNDLE")
    if bundle:
        try:
            if Path(bundle).is_dir():
                context.load_verify_locations(capath=bundle)
            else:
                context.load_verify_locations(cafile=bundle)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"REQUESTS_CA_BUNDLE names {bundle}, which cannot be read as certificates: {error}.",
                hint="Name a PEM file or a folder of certificates, or unset the variable.",
            ) from error
    return context


def secure(connection: socket.socket, host: str, near: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Shake hands with ``host`` over a connection, which is closed where that fails.

    Args:
        connection: an open one.
        host: whom the other side has to prove to be.
        near: whom the connection leads to first, for the message.
        context: whom to trust.

    Raises:
        UnsentError: it is somebody else, or speaks no TLS of ours.
        OSError: the connection broke.
    """
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise UnsentError(
            f"The certificate of {near} is not trusted: {error.verify_message}.",
            hint="If an authority of your own signed it, name its certificate in SSL_CERT_FILE.",
        ) from error
    except ssl.SSLError as error:
        raise UnsentError(
            f"TLS with {near} failed: {reason_of(error)}.", hint="Check that the address is one of https."
        ) from error
