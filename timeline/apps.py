from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "timeline"

    def ready(self):
        from . import resources  # noqa: F401 - registers the files of a package
