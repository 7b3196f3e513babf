"""The routes of seed 000 and what was added to them. No trailing slashes, and no redirects between the two."""

from django.urls import path, re_path

from commonhold.server.api.collective import account, datasets, downloads
from commonhold.server.api.collective.description import OpenApi
from commonhold.server.api.collective.endpoint import UnknownRoute

urlpatterns = [
    path("health", account.Health.as_view()),
    path("openapi.json", OpenApi.as_view()),
    path("account", account.Account.as_view()),
    path("datasets", datasets.List.as_view()),
    path("datasets/filters", datasets.FilterValues.as_view()),
    path("datasets/<str:dataset>", datasets.Details.as_view()),
    path("datasets/<str:dataset>/download", downloads.Download.as_view()),
    path("datasets/<str:dataset>/download/<str:token>", downloads.RemovedTokenRoute.as_view()),
    path("datasets/<str:dataset>/sample-download", downloads.SampleDownload.as_view()),
    path("datasets/<str:dataset>/pieces", downloads.PieceHashes.as_view()),
    re_path(r"^.*$", UnknownRoute.as_view()),
]
