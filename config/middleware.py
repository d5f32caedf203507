"""What every request passes beside Django's own middleware."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpResponseForbidden

# What no page uses, and so no script that slipped in may.
SWITCHED_OFF = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def loopback_only(get_response):
    """Answer this machine alone: with BILATERAL_DEBUG on, an error page shows settings and data."""

    def middleware(request):
        if not ip_address(request.META["REMOTE_ADDR"]).is_loopback:
            return HttpResponseForbidden("BILATERAL_DEBUG is on: this machine alone is answered.")
        return get_response(request)

    return middleware


def permissions_policy(get_response):
    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", SWITCHED_OFF)
        return response

    return middleware


def client_address(request) -> str | None:
    """Return the visitor's address: what the outermost of the declared proxies saw, else who connected."""
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if settings.PROXIES and len(seen) >= settings.PROXIES:
        try:
            return str(ip_address(seen[-settings.PROXIES].strip()))
        except ValueError:
            pass
    return request.META.get("REMOTE_ADDR") or None
