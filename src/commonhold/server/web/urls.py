"""Which page answers which address."""

urlpatterns = []
