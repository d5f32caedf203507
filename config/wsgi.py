"""The application that gunicorn serves; it does not start where the security checks find an error."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from config.checks import refuse_when_unsafe  # noqa: E402  needs the settings

refuse_when_unsafe()
