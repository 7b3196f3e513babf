"""Django's settings, made from the site's environment. Nothing here is read from anywhere else."""

from pathlib import Path
from urllib.parse import urlsplit

from commonhold.server.config.database import database
from commonhold.server.config.environment import environment
from commonhold.server.config.identity import openid_connect
from commonhold.server.config.mail import mail

ENVIRONMENT = environment()
SERVER = Path(__file__).parent.parent

SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = list(ENVIRONMENT.secret_key_fallbacks)
DEBUG = False
_site = urlsplit(ENVIRONMENT.base_url)
ALLOWED_HOSTS = sorted(
    {*ENVIRONMENT.allowed_hosts, _site.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"}
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Its pages stand on the operator's desk, and its modules are found there: nothing is looked for at start-up.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "rest_framework",
    "corsheaders",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "commonhold.server.audit",
    "commonhold.server.background",
    "commonhold.server.mail",
    "commonhold.server.site",
    "commonhold.server.accounts",
    "commonhold.server.organizations",
    "commonhold.server.credentials",
    "commonhold.server.catalogue",
    "commonhold.server.access",
    "commonhold.server.reports",
    "commonhold.server.statistics",
    "commonhold.server.submissions",
    "commonhold.server.api",
    "commonhold.server.web",
]

# What pages pass. The APIs use no sessions, forms or page policies, which cost a request about as much as a whole
# answer of theirs: they have a chain of their own (config/wsgi.py).
MIDDLEWARE = [
    "commonhold.server.config.middleware.RequestMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "commonhold.server.site.middleware.ReadOnlyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "commonhold.server.web.language.ReaderLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "commonhold.server.web.read_only.ReadOnlyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
API_MIDDLEWARE = [
    "commonhold.server.config.middleware.RequestMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    # A write without its slash is redirected even while the site is read-only (rule 2.9).
    "commonhold.server.api.v4.slashes.SlashMiddleware",
    "commonhold.server.site.middleware.ReadOnlyMiddleware",
]

ROOT_URLCONF = "commonhold.server.config.urls"
WSGI_APPLICATION = "commonhold.server.config.wsgi.application"
APPEND_SLASH = False
DATABASES = {"default": database(ENVIRONMENT.database_url, ENVIRONMENT.data)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Named before the applications' own, so that allauth's pages are ours.
        "DIRS": [SERVER / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "commonhold.server.web.context.page",
            ],
        },
    }
]

# People.
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["commonhold.server.web.people.SessionBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "commonhold.server.accounts.passwords.DressedUpPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "commonhold.server.web.people.AccountAdapter"
ACCOUNT_FORMS = {"signup": "commonhold.server.web.people.SignUpForm"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Only in the browser that signed up, whose session remembers it: a link that leaks signs nobody in.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
# One address for each person: a new one replaces it once it is confirmed, and the old one is told.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Whoever finds a browser signed in must not be able to take the account over.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme or "http"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# Second factors.
MFA_ADAPTER = "commonhold.server.web.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # clocks of phones are off by some seconds
MFA_FORMS = {
    "add_webauthn": "commonhold.server.web.second_factor.PasskeyForm",
    "authenticate": "commonhold.server.web.second_factor.SignInCodeForm",
    "reauthenticate": "commonhold.server.web.second_factor.ConfirmCodeForm",
}

# The one provider of identities that the settings name, or none.
SOCIALACCOUNT_ADAPTER = "commonhold.server.web.provider.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = openid_connect(ENVIRONMENT)
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
# By a link: the policy on forms would stop the way from a form of ours to the provider's address.
SOCIALACCOUNT_LOGIN_ON_GET = True

# What sign-in counts (attempts, codes used once) holds for every process and outlives a restart.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_counted",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

globals().update(mail(ENVIRONMENT.email_url, ENVIRONMENT.data))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _site.scheme == "https"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CSRF_FAILURE_VIEW = "commonhold.server.web.pages.errors.forged"
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"] if _site.netloc else []
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _site.scheme == "https" else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# Signing in stays on the site itself, and a version of the API that does not exist has nothing to share (rule 7.4).
CORS_URLS_REGEX = r"^/api/(?!v4/accounts/session(/|$)|v(?!4(/|$))\d+(/|$))"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_HEADERS = [
    "accept", "accept-encoding", "authorization", "content-type", "dnt", "origin", "user-agent", "x-csrftoken",
    "x-requested-with",
]  # fmt: skip

# Languages.
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
# What APIs and refusals say; what pages say.
LOCALE_PATHS = [SERVER / "locale", SERVER / "web" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 31_536_000

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # A refusal is an answer, not an incident.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
    },
}
