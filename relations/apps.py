from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RelationsConfig(AppConfig):
    name = "relations"

    def ready(self):
        from . import resources  # noqa: F401 - registers the files of a package
        from .roles import make_roles

        post_migrate.connect(make_roles, dispatch_uid="relations.roles")
