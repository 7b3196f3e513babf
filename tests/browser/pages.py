"""Every page there is, by who opens it; and which addresses of the web site are none.

An address that answers with another status than 200 has it before it. Names in braces are the stage's.
"""

ANYBODY = (
    "/", "/datasets", "/datasets?q={word}", "/datasets?q=zzzzqqq", "/datasets/{word}", "/datasets/{restricted}",
    "/datasets/{word}/terms", "/datasets/{word}/report", "/organizations/{organization}", "/terms", "/sign-in", "/sign-up",
    "/sign-in/inactive", "/password/reset", "/password/reset/sent", "/password/reset/{owner}-{reset}",
    "/password/reset/1-expired", "/password/reset/done", "/confirm-address", "/confirm-address/{confirmation}",
    "/confirm-address/expired", "404 /nowhere", "410 /datasets/{removed}", "451 /datasets/{withheld}",
    "/api-reference", "/api-reference/v4",
)  # fmt: skip
READER = (
    "/profile", "/profile/keys", "/profile/keys/{key}/revoke", "/profile/account", "/profile/email", "/profile/sessions",
    "/profile/credentials", "/profile/downloads", "/profile/publishing", "/profile/security",
    "/profile/security/app", "/profile/security/passkeys", "/profile/export", "/profile/leave", "/datasets/{word}",
    "/datasets/{agreed}", "/datasets/{word}/terms", "/datasets/{restricted}/request", "/downloads/{download}",
    "/agreements/{agreement}", "/invitations/{invitation}", "404 /invitations/answered", "/password", "/confirm",
    "/sign-out", "/device", "/device?code={code}", "400 /device?code=expired", "403 /publish/new",
)  # fmt: skip
# Somebody with a second factor and a passkey.
GUARDED = (
    "/profile/security", "/profile/security/app/off", "/profile/security/passkeys",
    "/profile/security/passkeys/{passkey}/name", "/profile/security/passkeys/{passkey}/remove",
    "/profile/security/recovery", "/profile/security/recovery/new", "/confirm", "/confirm/code", "/confirm/passkey",
)  # fmt: skip
# Somebody who never had a password, and somebody whose password was right and whose second step is still to come.
UNLOCKED = ("/profile/security", "/password/set")
HALFWAY = ("/sign-in/second-step",)
PUBLISHER = (
    "/organizations/{organization}/requests", "/organizations/{organization}/members",
    "/organizations/{organization}/settings", "/publish", "/publish/new", "/publish/{draft}", "/publish/{draft}/edit",
    "/publish/{draft}/submit", "/publish/{draft}/preview", "/publish/{draft}/delete", "/publish/{change}",
    "/publish/{sent}", "/publish/{published}", "/publish/{published}/edit", "/publish/{published}/downloads",
    "/publish/{published}/take-down", "/profile/leave",
)  # fmt: skip
REVIEWER = (
    "/review", "/review/{change}", "/review/{published}", "/review/{sent}", "/review/{sent}/files/{upload}",
)  # fmt: skip
OPERATOR = (
    "/operate", "/operate/site", "/operate/people", "/operate/people?q=stage", "/operate/people/{person}",
    "/operate/organizations", "/operate/organizations/{organization}", "/operate/datasets", "/operate/datasets/{word}",
    "/operate/reports", "/operate/reports/{report}", "/operate/trail", "/operate/health", "/operate/jobs",
    "/operate/publishing-rights",
)  # fmt: skip
ADMIN = (
    "/operate/admin/", "/operate/admin/catalogue/", "/operate/admin/catalogue/dataset/?q={word}",
    "/operate/admin/catalogue/dataset/{dataset_row}/change/",
    "/operate/admin/catalogue/dataset/{dataset_row}/history/",
)  # fmt: skip
PAGES = {
    "anybody": ANYBODY, "reader": READER, "guarded": GUARDED, "unlocked": UNLOCKED, "halfway": HALFWAY,
    "publisher": PUBLISHER, "reviewer": REVIEWER, "operator": OPERATOR, "admin": ADMIN,
}  # fmt: skip
# English in every language.
ENGLISH = {"/api-reference", "/api-reference/v4"}

# Names of addresses at which there is no page. A form's own address, which leads whoever opens it to the form's page:
FORMS = {
    "download", "sample", "decide_request", "act_for", "change_dataset", "retract_submission", "comment_submission",
    "decide_version", "decide_submission", "comment_review", "language", "decide_rights", "change_member",
    "leave_organization", "invite", "withdraw_invitation", "end_session",
}  # fmt: skip
# What leads on to a page, or to the provider of identities:
WAYS = {
    "submission_by_letter", "mfa_list_webauthn", "mfa_login_webauthn", "openid_connect_login",
    "openid_connect_callback", "operate_admin",
}  # fmt: skip
# What programs, scripts and browsers fetch:
FILES = {
    "agreement_json", "submission_downloads_csv", "submission_files", "begin_upload", "one_upload", "upload_parts",
    "end_upload", "robots", "favicon", "mfa_download_recovery_codes",
}  # fmt: skip
# Pages that only a site with a provider of identities has: tests/browser/test_provider.py looks at them.
PROVIDED = {"socialaccount_login_cancelled", "socialaccount_login_error", "socialaccount_connections"}
NO_PAGES = FORMS | WAYS | FILES | PROVIDED


def status_and_path(page: str) -> tuple[int, str]:
    """Take a page's entry apart."""
    status, _, path = page.rpartition(" ")
    return int(status or 200), path
