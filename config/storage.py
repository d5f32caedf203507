"""How static files get their names: a digest of the content, also inside JavaScript modules."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True


class UncompressedStaticStorage(ManifestStaticFilesStorage):
    """The same names without compressing: for tests, where that takes a sixth of the time."""

    support_js_module_import_aggregation = True
