"""Addresses of what people do with their own account.

allauth's flows go by names of ours; what is not here is not offered.
"""

from allauth.account import views as accounts
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as app_codes
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as provider_accounts
from allauth.socialaccount.providers.openid_connect import views as provider
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.generic import RedirectView

from commonhold.server.config.identity import PROVIDER
from commonhold.server.web.pages import account, credentials, history, members, publishing, sessions
from commonhold.server.web.read_only import unless_read_only

_unkept = cache_control(private=True, no_store=True)
_PROVIDER = {"provider_id": PROVIDER}

urlpatterns = [
    path("profile/account", account.page, name="account"),
    path("profile/export", account.export, name="export"),
    path("profile/leave", account.leave, name="leave_site"),
    path("profile/credentials", credentials.page, name="credentials"),
    path("profile/downloads", history.page, name="downloads"),
    path("profile/publishing", publishing.ask, name="ask_rights"),
    path("operate/publishing-rights", publishing.desk, name="rights_desk"),
    path("operate/publishing-rights/<name:public_id>", publishing.decide, name="decide_rights"),
    path("organizations/<name:slug>/settings", members.settings, name="organization_settings"),
    path("organizations/<name:slug>/members", members.page, name="members"),
    path("organizations/<name:slug>/members/change", members.change, name="change_member"),
    path("organizations/<name:slug>/members/leave", members.leave, name="leave_organization"),
    path("organizations/<name:slug>/invitations", members.invite, name="invite"),
    path(
        "organizations/<name:slug>/invitations/<name:public_id>", members.withdraw, name="withdraw_invitation"
    ),
    path("invitations/<name:public_id>", members.answer, name="invitation"),
    path("profile/email", accounts.email, name="account_email"),
    path("profile/sessions", sessions.page, name="sessions"),
    path("profile/sessions/end", sessions.end, name="end_session"),
    path("confirm", accounts.reauthenticate, name="account_reauthenticate"),
    path("confirm/code", factors.reauthenticate, name="mfa_reauthenticate"),
    path(
        "confirm/passkey",
        unless_read_only(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("profile/security", factors.index, name="mfa_index"),
    path(
        "profile/security/app", _unkept(unless_read_only(app_codes.activate_totp)), name="mfa_activate_totp"
    ),
    path("profile/security/app/off", app_codes.deactivate_totp, name="mfa_deactivate_totp"),
    path("profile/security/passkeys", unless_read_only(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("profile/security/passkeys/<int:pk>/name", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("profile/security/passkeys/<int:pk>/remove", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    # allauth goes there after a change; the list stands on the page of everything.
    path("profile/security/all", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path(
        "profile/security/recovery",
        _unkept(recovery_codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "profile/security/recovery/new",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "profile/security/recovery/file",
        _unkept(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("sign-in/second-step", unless_read_only(factors.authenticate), name="mfa_authenticate"),
    path("sign-in/passkey", unless_read_only(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/provider", unless_read_only(provider.login), _PROVIDER, name="openid_connect_login"),
    path(
        "sign-in/provider/callback",
        unless_read_only(provider.callback),
        _PROVIDER,
        name="openid_connect_callback",
    ),
    path(
        "sign-in/provider/cancelled", provider_accounts.login_cancelled, name="socialaccount_login_cancelled"
    ),
    path("sign-in/provider/failed", provider_accounts.login_error, name="socialaccount_login_error"),
    path("profile/provider", provider_accounts.connections, name="socialaccount_connections"),
]
