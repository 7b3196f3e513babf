"""What a bucket needs besides room: rules for browsers, and an end to uploads that were left unfinished."""

import hashlib
from collections.abc import Mapping
from typing import Any

from commonhold.server.storage.interface import StorageError
from commonhold.server.storage.s3 import S3Store
from commonhold.server.storage.s3_client import code_of

UNFINISHED_DAYS = 14

_EXPOSED = [
    "Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "Content-Type", "ETag", "Last-Modified"
]  # fmt: skip
CORS_RULE: Mapping[str, Any] = {
    "AllowedMethods": ["GET", "HEAD", "PUT"],
    "AllowedOrigins": ["*"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": _EXPOSED,
    "MaxAgeSeconds": 86_400,
}


def missing_rules(store: object) -> list[str]:
    """Return a sentence for each rule that the site's bucket lacks; nothing for the embedded store.

    Raises:
        StorageError: the store does not say.
    """
    if not isinstance(store, S3Store):
        return []
    missing = []
    if not any(_lets_browsers_upload(rule) for rule in _cors(store)):
        missing.append(
            "The bucket has no CORS rule that lets browsers upload: methods GET, HEAD and PUT, all headers, "
            "ETag exposed."
        )
    if not any(_ends_uploads(rule, store.settings.prefix) for rule in _lifecycle(store)):
        missing.append(
            f"The bucket has no lifecycle rule that ends unfinished uploads: add one that aborts them after "
            f"{UNFINISHED_DAYS} days."
        )
    return missing


def add_missing_rules(store: object) -> list[str]:
    """Add what :func:`missing_rules` finds, beside the rules there are; return the sentences of what was added.

    Raises:
        StorageError: the store does not say what rules it has, or takes none.
    """
    missing = missing_rules(store)
    if not missing or not isinstance(store, S3Store):
        return missing
    cors, lifecycle = _cors(store), _lifecycle(store)
    if not any(_lets_browsers_upload(rule) for rule in cors):
        rules = {"CORSRules": [*cors, dict(CORS_RULE)]}
        _told(store, "put_bucket_cors", CORSConfiguration=rules)
    if not any(_ends_uploads(rule, store.settings.prefix) for rule in lifecycle):
        rule = {
            "ID": _rule_id(store.settings.prefix),
            "Status": "Enabled",
            "Filter": {"Prefix": store.settings.prefix},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_DAYS},
        }
        rules = {"Rules": [*(other for other in lifecycle if other.get("ID") != rule["ID"]), rule]}
        _told(store, "put_bucket_lifecycle_configuration", LifecycleConfiguration=rules)
    return missing


def _rule_id(prefix: str) -> str:
    """Name the rule for a prefix: a bucket's rules must differ by name, and several sites may share a bucket."""
    own = f"-{hashlib.sha256(prefix.encode()).hexdigest()[:12]}" if prefix else ""
    return f"commonhold-unfinished-uploads{own}"


def _cors(store: S3Store) -> list[dict[str, Any]]:
    return _asked(store, "get_bucket_cors", "CORSRules", "NoSuchCORSConfiguration")


def _lifecycle(store: S3Store) -> list[dict[str, Any]]:
    return _asked(store, "get_bucket_lifecycle_configuration", "Rules", "NoSuchLifecycleConfiguration")


def _asked(store: S3Store, question: str, key: str, nothing: str) -> list[dict[str, Any]]:
    """Ask for a configuration; the error ``nothing`` says that there is none."""
    try:
        answer: dict[str, list[dict[str, Any]]] = getattr(store.client, question)(
            Bucket=store.settings.bucket
        )
    except Exception as error:
        code = code_of(error)
        if code == nothing:
            return []
        raise StorageError(
            f"The bucket does not say what rules it has: {code or type(error).__name__}."
        ) from error
    return answer[key]


def _told(store: S3Store, order: str, **configuration: Any) -> None:
    """Set a configuration."""
    try:
        getattr(store.client, order)(Bucket=store.settings.bucket, **configuration)
    except Exception as error:
        raise StorageError(f"The bucket takes no rules: {code_of(error) or type(error).__name__}.") from error


def _lets_browsers_upload(rule: Mapping[str, Any]) -> bool:
    exposed = {name.lower() for name in rule.get("ExposeHeaders", ())}
    return set(rule["AllowedMethods"]) >= {"GET", "PUT"} and bool(exposed & {"etag", "*"})


def _ends_uploads(rule: Mapping[str, Any], prefix: str) -> bool:
    covered = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    enabled = rule.get("Status") == "Enabled" and "AbortIncompleteMultipartUpload" in rule
    return enabled and prefix.startswith(covered)
