"""The routes of the v4 API: every address ends in a slash, but for the OpenAPI document."""

from django.urls import path, re_path

from commonhold.server.api.v4 import (
    accounts,
    datasets,
    organizations,
    search,
    site,
    submissions,
    vocabularies,
)
from commonhold.server.api.v4.description import OpenApi
from commonhold.server.api.v4.endpoint import Unknown
from commonhold.server.submissions.actions import review

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
    path("submissions/", submissions.List.as_view()),
    path("submissions/<str:submission>/", submissions.Detail.as_view()),
    path("submissions/<str:submission>/submit/", submissions.Submit.as_view()),
    path("submissions/<str:submission>/retract/", submissions.Retract.as_view()),
    path("submissions/<str:submission>/start-review/", submissions.Decision.as_view(decide=review.start)),
    path("submissions/<str:submission>/approve/", submissions.Decision.as_view(decide=review.approve)),
    path("submissions/<str:submission>/reject/", submissions.NotedDecision.as_view(decide=review.reject)),
    path(
        "submissions/<str:submission>/request-edits/",
        submissions.NotedDecision.as_view(decide=review.request_edits),
    ),
    path("accounts/profile/", accounts.Profile.as_view()),
    path("accounts/session/", accounts.Session.as_view()),
    path("accounts/jwt/", accounts.Jwt.as_view()),
    path("licenses/", vocabularies.Licenses.as_view()),
    path("tasks/", vocabularies.Tasks.as_view()),
    path("languages/", vocabularies.Languages.as_view()),
    path("openapi.json", OpenApi.as_view()),
    re_path(r"^.*$", Unknown.as_view(), name="unknown"),
]
