from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class RelationsConfig(AppConfig):
    name = "relations"

    def ready(self):
        from . import resources  # noqa: F401 - registers the files of a package
        from .reporting import forget
        from .roles import make_roles
        from .sessions import note

        post_migrate.connect(make_roles, dispatch_uid="relations.roles")
        user_logged_in.connect(forget, dispatch_uid="relations.reporting")
        user_logged_in.connect(note, dispatch_uid="relations.sessions")
