"""The routes of the v4 API: every address ends in a slash, but for the OpenAPI document."""

from django.urls import path, re_path

from commonhold.server.api.v4 import accounts, datasets, organizations, search, site, vocabularies
from commonhold.server.api.v4.description import OpenApi
from commonhold.server.api.v4.endpoint import Unknown

urlpatterns = [
    path("site/", site.Site.as_view()),
    path("datasets/", datasets.List.as_view()),
    path("datasets/search/", search.Search.as_view()),
    path("datasets/autocomplete/", search.Autocomplete.as_view()),
    path("datasets/<str:dataset>/", datasets.Detail.as_view()),
    path("datasets/<str:dataset>/versions/", datasets.Versions.as_view()),
    path("organizations/", organizations.List.as_view()),
    path("organizations/<str:slug>/", organizations.Detail.as_view()),
    path("organizations/<str:slug>/members/", organizations.Members.as_view()),
    path("accounts/profile/", accounts.Profile.as_view()),
    path("accounts/session/", accounts.Session.as_view()),
    path("accounts/jwt/", accounts.Jwt.as_view()),
    path("licenses/", vocabularies.Licenses.as_view()),
    path("tasks/", vocabularies.Tasks.as_view()),
    path("languages/", vocabularies.Languages.as_view()),
    path("openapi.json", OpenApi.as_view()),
    re_path(r"^.*$", Unknown.as_view(), name="unknown"),
]
