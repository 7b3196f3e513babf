"""The routes of seed 000 and what was added to them. No trailing slashes, and no redirects between the two."""

from django.urls import path, re_path

from commonhold.server.api.collective import (
    account,
    datasets,
    downloads,
    members,
    requests,
    submissions,
    uploads,
)
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
    path("datasets/<str:dataset>/sample-download", downloads.Download.as_view(sample=True)),
    path("datasets/<str:dataset>/pieces", downloads.PieceHashes.as_view()),
    path("datasets/<str:dataset>/members", members.Members.as_view()),
    path("datasets/<str:dataset>/versions", datasets.Versions.as_view()),
    path("datasets/<str:dataset>/access-requests", requests.DatasetRequests.as_view()),
    path("access-requests/<str:access_request>", requests.OneRequest.as_view()),
    path("submissions", submissions.Submissions.as_view()),
    path("submissions/<str:submission>", submissions.OneSubmission.as_view()),
    path("submissions/<str:submission>/retract", submissions.Withdrawal.as_view()),
    path("submissions/<str:submission>/sample", uploads.SampleUploads.as_view()),
    path("submissions/<str:submission>/sample/<str:upload>", uploads.OneSampleUpload.as_view()),
    path("submissions/<str:submission>/sample/<str:upload>/parts", uploads.SampleParts.as_view()),
    path("submissions/<str:submission>/sample/<str:upload>/parts/<str:number>", uploads.SamplePart.as_view()),
    path("uploads", uploads.Uploads.as_view()),
    path("uploads/<str:upload>", uploads.OneUpload.as_view()),
    path("uploads/<str:upload>/parts", uploads.Parts.as_view()),
    path("uploads/<str:upload>/parts/<str:number>", uploads.Part.as_view()),
    re_path(r"^.*$", UnknownRoute.as_view()),
]
