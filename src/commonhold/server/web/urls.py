"""Addresses of pages: words, no slash at the end, names that may be linked to for good."""

from allauth.account import views as accounts
from django.urls import include, path, re_path, register_converter

from commonhold.server.web.pages import (
    agreements,
    catalogue,
    datasets,
    downloads,
    files,
    keys,
    languages,
    organizations,
    profile,
    reports,
    requests,
    terms,
)
from commonhold.server.web.pages.publish import desk, editing, preview, published, submission
from commonhold.server.web.pages.publish import files as sending
from commonhold.server.web.pages.review import decisions, queue


class Name:
    """A public id or slug; anything else is nowhere, and never reaches the database."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"

    def to_python(self, value: str) -> str:
        """Take it as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Write it as it is."""
        return value


register_converter(Name, "name")

urlpatterns = [
    path("", catalogue.home, name="home"),
    path("datasets", catalogue.datasets, name="datasets"),
    path("datasets/<name:name>", datasets.page, name="dataset"),
    path("datasets/<name:name>/terms", terms.page, name="terms"),
    path("datasets/<name:name>/request", requests.ask, name="request_access"),
    path("datasets/<name:name>/report", reports.page, name="report"),
    path("datasets/<name:name>/download", downloads.start, name="download"),
    path("datasets/<name:name>/sample", downloads.start_sample, name="sample"),
    path("downloads/<name:record>", downloads.page, name="download_ready"),
    path("agreements/<name:public_id>.json", agreements.document, name="agreement_json"),
    path("agreements/<name:public_id>", agreements.page, name="agreement"),
    path("organizations/<name:slug>", organizations.page, name="organization"),
    path("organizations/<name:slug>/requests", requests.desk, name="access_requests"),
    path("organizations/<name:slug>/requests/<name:public_id>", requests.decide, name="decide_request"),
    path("operate", include("commonhold.server.web.pages.operate.urls")),
    path("profile", profile.page, name="profile"),
    path("profile/acting-for", profile.act_for, name="act_for"),
    path("profile/keys", keys.page, name="keys"),
    path("profile/keys/<int:key>/revoke", keys.revoke, name="revoke_key"),
    path("profile/submissions/<name:public_id>", submission.by_letter, name="submission_by_letter"),
    path("publish", desk.page, name="publish"),
    path("publish/new", desk.new, name="new_submission"),
    path("publish/changes/<name:name>", desk.change_dataset, name="change_dataset"),
    path("publish/<name:public_id>", submission.page, name="submission"),
    path("publish/<name:public_id>/edit", editing.page, name="edit_submission"),
    path("publish/<name:public_id>/preview", preview.page, name="preview_submission"),
    path("publish/<name:public_id>/submit", submission.submit, name="submit_submission"),
    path("publish/<name:public_id>/withdraw", submission.retract, name="retract_submission"),
    path("publish/<name:public_id>/delete", submission.delete, name="delete_submission"),
    path("publish/<name:public_id>/talk", submission.comment, name="comment_submission"),
    path("publish/<name:public_id>/downloads", published.downloads, name="submission_downloads"),
    path("publish/<name:public_id>/downloads.csv", published.downloads_csv, name="submission_downloads_csv"),
    path("publish/<name:public_id>/take-down", published.take_down, name="take_down"),
    path("publish/<name:public_id>/files", sending.listing, name="submission_files"),
    path("publish/<name:public_id>/uploads", sending.begin, name="begin_upload"),
    path("publish/<name:public_id>/uploads/<name:upload>", sending.one, name="one_upload"),
    path("publish/<name:public_id>/uploads/<name:upload>/parts", sending.parts, name="upload_parts"),
    path("publish/<name:public_id>/uploads/<name:upload>/end", sending.end, name="end_upload"),
    path("review", queue.page, name="review"),
    path("review/<name:public_id>", decisions.page, name="review_submission"),
    path("review/<name:public_id>/files/<name:upload>", decisions.contents, name="review_contents"),
    path(
        "review/<name:public_id>/files/<name:upload>/decide", decisions.decide_version, name="decide_version"
    ),
    path("review/<name:public_id>/decide", decisions.decide, name="decide_submission"),
    path("review/<name:public_id>/talk", decisions.comment, name="comment_review"),
    path("", include("commonhold.server.web.people_urls")),
    path("terms", terms.standard, name="standard_terms"),
    path("language", languages.choose, name="language"),
    path("robots.txt", files.robots, name="robots"),
    path("favicon.svg", files.favicon, name="favicon"),
    # allauth's flows, under names of our own; what is not listed here is not offered.
    path("sign-in", accounts.login, name="account_login"),
    path("sign-out", accounts.logout, name="account_logout"),
    path("sign-up", accounts.signup, name="account_signup"),
    path("sign-in/inactive", accounts.account_inactive, name="account_inactive"),
    path("confirm-address", accounts.email_verification_sent, name="account_email_verification_sent"),
    re_path(
        r"^confirm-address/(?P<key>[-:\w]{1,255})$", accounts.confirm_email, name="account_confirm_email"
    ),
    path("password", accounts.password_change, name="account_change_password"),
    path("password/set", accounts.password_set, name="account_set_password"),
    path("password/reset", accounts.password_reset, name="account_reset_password"),
    path("password/reset/sent", accounts.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/done",
        accounts.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]{1,20})-(?P<key>[-:\w]{1,255})$",
        accounts.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
