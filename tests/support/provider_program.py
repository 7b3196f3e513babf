"""Canaille as a provider of identities, in memory, with two people: run by the interpreter of its own environment.

Arguments: the port to listen on, the address that sign-ins return to, and the word by which this run's people are named.
"""

import sys

from canaille import create_app
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

PASSWORD = "correct horse battery"


def main() -> None:
    port, redirect, word = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    key = {**RSAKey.generate_key(2048).as_dict(private=True), "kid": "one"}
    app = create_app(
        {
            "SECRET_KEY": "of this run alone, and of no use to anybody else",
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "HTMX": False},
            "CANAILLE_OIDC": {
                "ACTIVE_JWKS": [key],
                "REQUIRE_NONCE": False,
            },
        }
    )
    # Canaille says nothing of confirmed addresses by itself: whoever runs it says which are.
    confirmed = "{% if not user.user_name.startswith('vague') %}true{% endif %}"
    app.config["CANAILLE_OIDC"]["USERINFO_MAPPING"]["EMAIL_VERIFIED"] = confirmed
    from canaille.app import models

    with app.app_context():
        for stem in ("olga", "rita", "vague"):
            name = f"{stem}-{word}"
            app.backend.save(
                models.User(
                    user_name=name,
                    family_name="Elsewhere",
                    formatted_name=f"{stem.title()} Elsewhere",
                    emails=[f"{name}@example.org"],
                    password=PASSWORD,
                )
            )
        site = models.Client(
            client_id="commonhold",
            client_secret="known to both",
            client_name="Commonhold",
            client_uri=redirect,
            redirect_uris=[redirect],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "profile", "email"],
            token_endpoint_auth_method="client_secret_post",
        )
        app.backend.save(site)
        site.audience = [site]
        app.backend.save(site)
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


main()
