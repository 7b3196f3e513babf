"""For the reference page: every refusal of the v4 API, what its body says, and what the reader of it does next."""

ADVICE: tuple[tuple[int, str, str], ...] = (
    (301, "", "Ask again with a slash at the end of the address; `Location` says where."),
    (400, "a list of messages for each field; non_field_errors for what belongs to none", "Mend what is named, field by field, and send it again."),
    (401, "detail", "Send `Authorization: Bearer …` with an API key or a session token, or `Authorization: JWT …`."),
    (401, "code: ERROR_INVALID_HEADER", "The header has one word for the scheme, a space, and one credential: mend it."),
    (401, "code: ERROR_SIGNATURE_EXPIRED", "Make a new token: a JWT lives 300 seconds at most, a session token thirty days; a key may have an end of its own."),
    (401, "code: ERROR_DECODING_SIGNATURE", "The credential is not of this site, was revoked, or is mistyped: look at it on your profile page."),
    (403, "detail", "The credential is good, but your role or its scopes are not enough: ask an owner of the organization, or make another key."),
    (404, "detail", "Check the address; a page past the end and a private dataset of others are answered so, too."),
    (405, "detail", "Use a method that the `Allow` header names."),
    (406, "detail", "Accept `application/json`."),
    (410, "detail", "The dataset was removed, for good: stop asking for it."),
    (413, "detail", "Send less: 2 MiB at most."),
    (415, "detail", "Send JSON with `Content-Type: application/json`."),
    (429, "detail", "Wait as many seconds as `detail` and `Retry-After` say."),
    (451, "detail", "The dataset is withheld for legal reasons; the `Link` header leads to an explanation."),
    (500, "detail", "Our fault; try again later."),
    (503, "error", "The site is read-only: reading goes on. Ask `site/` until it takes changes again."),
)  # fmt: skip
