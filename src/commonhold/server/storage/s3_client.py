"""Which bucket, where, and who asks; and boto3's client for it, the one place that imports boto3."""

from dataclasses import dataclass, field
from typing import Any

from commonhold.server.storage.sigv4 import Credentials, QuerySigner


@dataclass(frozen=True, slots=True)
class S3Settings:
    """A bucket, as the site's settings name it.

    Attributes:
        bucket: its name.
        prefix: before every key; empty, or ending in a slash.
        endpoint: where the site reaches the store; empty for AWS.
        public_endpoint: where clients reach it.
        region: as it stands in signatures.
        access_key_id: empty to take credentials from boto3's usual places.
        secret_access_key: see there.
        virtual_host: whether the bucket stands in the host's name.
    """

    bucket: str
    prefix: str
    endpoint: str
    public_endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    virtual_host: bool

    def signer(self) -> QuerySigner:
        """Return what signs URLs for clients."""
        fixed = Credentials(self.access_key_id, self.secret_access_key)
        ask = (lambda: fixed) if self.access_key_id else _borrowed_credentials()
        endpoint = self.public_endpoint or self.endpoint or _aws(self.region)
        return QuerySigner(endpoint, self.bucket, self.region, ask, virtual_host=self.virtual_host)


def make_client(settings: S3Settings) -> Any:
    """Return a client for the address inside."""
    import boto3  # noqa: PLC0415 -- 100 ms and 30 MiB that a site with a folder does not pay
    from botocore.config import Config  # noqa: PLC0415 -- as above

    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.endpoint or None,
        region_name=settings.region,
        aws_access_key_id=settings.access_key_id or None,
        aws_secret_access_key=settings.secret_access_key or None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "virtual" if settings.virtual_host else "path"},
            # Not every store knows the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "total_max_attempts": 5},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=32,
        ),
    )


def code_of(error: Exception) -> str:
    """Return the code of an error that the store itself answered with, or nothing."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return ""
    return str(response.get("Error", {}).get("Code", ""))


def _aws(region: str) -> str:
    return f"https://s3.{region}.amazonaws.com"


def _borrowed_credentials() -> Any:
    """Return what asks boto3 for the credentials of the moment: a file, a role, the machine's own."""
    import boto3  # noqa: PLC0415 -- as above

    session = boto3.session.Session()

    def ask() -> Credentials:
        found = session.get_credentials()
        if found is None:
            raise LookupError("There are no credentials for S3: set COMMONHOLD_S3_ACCESS_KEY_ID.")
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")

    return ask
