"""What Django is told about the provider of identities that the site's settings name."""

from typing import Any
from urllib.parse import urlsplit

from commonhold.server.config.environment import Environment

# The provider's name in addresses and in the database: whoever changes the issuer changes who people are.
PROVIDER = "oidc"
_LONGEST_NAME = 40


def provider_name(environment: Environment) -> str:
    """Return what people read on the button: the provider's host; empty where there is none."""
    return (urlsplit(environment.oidc_issuer).hostname or "")[:_LONGEST_NAME]


def openid_connect(environment: Environment) -> dict[str, Any]:
    """Return ``SOCIALACCOUNT_PROVIDERS``: one provider, or none."""
    if not environment.oidc_issuer:
        return {}
    return {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": PROVIDER,
                    "name": provider_name(environment),
                    "client_id": environment.oidc_client_id,
                    "secret": environment.oidc_client_secret,
                    "settings": {"server_url": environment.oidc_issuer},
                }
            ],
        }
    }
