from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "timeline"

    def ready(self):
        from relations.writing import KEEPERS

        from . import resources  # noqa: F401 - registers the files of a package
        from .counts import Keeper

        KEEPERS.append(Keeper)
