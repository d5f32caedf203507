"""The versions of data packages that were loaded."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from ..models import PackageVersion
from .plans import Watched, moment


@admin.register(PackageVersion)
class PackageVersionAdmin(Watched):
    """What came in a package is published by its version."""

    list_display = ("name", "version", "loaded")
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("name", "version", "loaded_at", "described")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("archive")

    @admin.display(description=gettext_lazy("loaded"))
    def loaded(self, version):
        """When it was loaded."""
        return moment(version.loaded_at)

    @admin.display(description=gettext_lazy("descriptor"))
    def described(self, version):
        """The descriptor as it came."""
        return format_html("<pre>{}</pre>", json.dumps(version.descriptor, ensure_ascii=False, indent=2))
