"""Addresses of the operator's desk, below ``/operate``."""

from django.urls import path

from commonhold.server.web.pages.operate import (
    administration,
    datasets,
    desk,
    health,
    organizations,
    people,
    reports,
    site,
    trail,
)

urlpatterns = [
    path("", desk.page, name="operate"),
    path("/site", site.page, name="operate_site"),
    path("/people", people.page, name="operate_people"),
    path("/people/<int:row_id>", people.person, name="operate_person"),
    path("/organizations", organizations.page, name="operate_organizations"),
    path("/organizations/<name:slug>", organizations.organization, name="operate_organization"),
    path("/datasets", datasets.page, name="operate_datasets"),
    path("/datasets/<name:name>", datasets.dataset, name="operate_dataset"),
    path("/reports", reports.page, name="operate_reports"),
    path("/reports/<name:public_id>", reports.report, name="operate_report"),
    path("/trail", trail.page, name="operate_trail"),
    path("/health", health.page, name="operate_health"),
    path("/admin", administration.page, name="operate_admin"),
    path("/admin/", administration.furnished().urls),
    path("/jobs", health.jobs, name="operate_jobs"),
]
