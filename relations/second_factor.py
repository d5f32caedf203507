"""The second factor: who must have one, how it is enrolled, and whether what somebody shows is right.

Authenticator apps count time steps of 30 seconds (RFC 6238); passkeys sign a challenge (Web Authentication, level 2);
a recovery code is right once. What was used is written down by compare-and-set, so that no process of the server
takes it twice.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import struct
import time
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urlsplit

import qrcode
from axes.models import AccessFailureLog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from qrcode.image.svg import SvgPathFillImage

from . import pair
from .models import Factor

STEP_SECONDS = 30
DIGITS = 6
CODES = 8
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another; 16 of them are 79 bits
MOST_GUESSES = 30  # an hour, of one person's app, from all addresses together


def must_have(person: User) -> bool:
    """Whether a person needs a second factor: whoever can publish something."""
    return settings.SECOND_FACTOR and any(".publish_" in right for right in person.get_all_permissions())


def enrolled(person: User):
    """Return the app and the passkeys of a person."""
    return person.factors.exclude(kind=Factor.Kind.CODE)


def is_missing(person: User) -> bool:
    """Whether a person needs a second factor and has none."""
    return must_have(person) and not enrolled(person).exists()


def removable(person: User, factor: Factor) -> bool:
    """Whether a person may be without this factor: the last one of whoever can publish stays."""
    return not must_have(person) or enrolled(person).exclude(pk=factor.pk).exists()


def remove(person: User, factor: Factor | None = None) -> None:
    """Take one factor from a person, or all; with the last one go the recovery codes."""
    with transaction.atomic():
        Factor.objects.filter(user=person, **({"pk": factor.pk} if factor else {})).delete()
        if not enrolled(person).exists():
            Factor.objects.filter(user=person).delete()


# ------------------------------------------------------------------------------------------- authenticator apps


def new_secret() -> str:
    """Return a new key for an app, 160 bits in Base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """Return the code of a time step, as RFC 4226 and RFC 6238 say."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, code: str, *, after: int = 0) -> int | None:
    """Return the time step that a code is of: this one, the one before or the next; None where it is wrong."""
    now = int(time.time()) // STEP_SECONDS
    steps = [step for step in (now - 1, now, now + 1) if step > after]
    found = [step for step in steps if constant_time_compare(code_at(secret, step), code)]
    return found[0] if found else None


def address_of_app(person: User, secret: str) -> str:
    """Return the address that an app reads as a QR code."""
    issuer = pair.current().title or "Bilateral"
    label = quote(f"{issuer}:{person.get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def drawn(address: str) -> bytes:
    """Return an address as a QR code, an SVG of black on white in every scheme."""
    return qrcode.make(address, image_factory=SvgPathFillImage, border=4).to_string()


def add_app(person: User, secret: str, code: str) -> bool:
    """Enrol an app if it shows the right code of the key; a person has one app."""
    step = step_of(secret, compact(code))
    if step is None:
        return False
    fields = {"kind": Factor.Kind.APP, "secret": secret, "counter": step, "added_at": timezone.now()}
    try:
        with transaction.atomic():
            Factor.objects.create(user=person, **fields)
    except IntegrityError:
        return False
    return True


# ---------------------------------------------------------------------------------------------------- recovery


def new_codes(person: User) -> list[str]:
    """Give a person new recovery codes in place of the old, and return them: only their digests are kept."""
    codes = ["-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(CODES)]
    now = timezone.now()
    with transaction.atomic():
        Factor.objects.filter(user=person, kind=Factor.Kind.CODE).delete()
        Factor.objects.bulk_create(
            Factor(user=person, kind=Factor.Kind.CODE, secret=_digest(compact(code)), added_at=now) for code in codes
        )
    return codes


def compact(code: str) -> str:
    """Return a code as it is compared, however it was typed: “123 456”, “ABCD-EFGH-…”."""
    return re.sub(r"[\s\-]+", "", code[:60]).lower()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


# ---------------------------------------------------------------------------------------------------- passkeys


def takes_passkeys(request) -> bool:
    """Whether a browser offers passkeys here: at a name over TLS, or at localhost; never at a bare number."""
    parts = urlsplit(_origin(request))
    try:
        ip_address(parts.hostname)
    except ValueError:
        return parts.scheme == "https" or parts.hostname == "localhost"
    return False


def _origin(request) -> str:
    return settings.PUBLIC_URL if settings.PRODUCTION else f"{request.scheme}://{request.get_host()}"


def _server(request) -> Fido2Server:
    origin = _origin(request)
    site = PublicKeyCredentialRpEntity(id=urlsplit(origin).hostname, name="Bilateral")
    return Fido2Server(site, verify_origin=lambda seen: seen == origin)


def _credentials(person: User) -> dict[Factor, AttestedCredentialData]:
    passkeys = person.factors.filter(kind=Factor.Kind.PASSKEY)
    return {passkey: AttestedCredentialData(base64.b64decode(passkey.secret)) for passkey in passkeys}


def begin_passkey(request) -> tuple[str, dict]:
    """Return what the browser is asked to make a passkey of, as JSON, and the state to keep until it answers."""
    person = request.user
    handle = salted_hmac("relations.second_factor", str(person.pk), algorithm="sha256").digest()  # no id leaves
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(
            id=handle, name=person.get_username(), display_name=person.get_full_name() or person.get_username()
        ),
        credentials=list(_credentials(person).values()),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return json.dumps(dict(options)), state


def add_passkey(request, state: dict, answer: str, name: str) -> bool:
    """Enrol the passkey that the browser made, if it answers what was asked."""
    read = _read(RegistrationResponse, answer)
    if not state or read is None:
        return False
    try:
        made = _server(request).register_complete(state, read)
    except ValueError:
        return False
    secret = base64.b64encode(made.credential_data).decode()
    Factor.objects.create(
        user=request.user,
        kind=Factor.Kind.PASSKEY,
        name=name,
        secret=secret,
        counter=made.counter,
        added_at=timezone.now(),
    )
    return True


def ask_passkey(request, person: User) -> tuple[str, dict]:
    """Return what the browser is asked to sign, as JSON, and the state to keep until it answers."""
    options, state = _server(request).authenticate_begin(
        credentials=list(_credentials(person).values()), user_verification=UserVerificationRequirement.PREFERRED
    )
    return json.dumps(dict(options)), state


def check_passkey(request, person: User, state: dict, answer: str) -> bool:
    """Whether the browser signed what it was asked to with a passkey of this person, and not a copy of one."""
    read = _read(AuthenticationResponse, answer)
    known = _credentials(person)
    if not state or read is None:
        return False
    try:
        used = _server(request).authenticate_complete(state, list(known.values()), read)
    except ValueError:
        return False
    passkey = next(item for item, credential in known.items() if credential.credential_id == used.credential_id)
    counter = read.response.authenticator_data.counter
    row = Factor.objects.filter(pk=passkey.pk)
    if counter:  # one that does not count says 0 for ever
        row = row.filter(counter__lt=counter)
    return bool(row.update(counter=counter, used_at=timezone.now()))


def _read(kind: type, answer: str):
    """Return what a browser answered; None where it cannot be read."""
    try:
        return kind.from_dict(json.loads(answer[:20_000]))
    except (KeyError, TypeError, ValueError, AttributeError, struct.error):
        return None


# ------------------------------------------------------------------------------------------------- what is shown


def check_code(person: User, code: str) -> bool:
    """Whether a code is one of a person's app or a recovery code; neither is right a second time.

    The app's six figures can be guessed by whoever has the password and many addresses. After thirty failures in an
    hour they are not taken; a passkey and a recovery code are.
    """
    code, now = compact(code), timezone.now()
    if not re.fullmatch(rf"\d{{{DIGITS}}}", code):
        spent, _rows = Factor.objects.filter(user=person, kind=Factor.Kind.CODE, secret=_digest(code)).delete()
        return bool(spent)
    app = person.factors.filter(kind=Factor.Kind.APP).first()
    if app is None or is_guessed_at(person):
        return False
    step = step_of(app.secret, code, after=app.counter)
    taken = step and Factor.objects.filter(pk=app.pk, counter__lt=step).update(counter=step, used_at=now)
    return bool(taken)


def is_guessed_at(person: User) -> bool:
    """Whether too many second steps of a person failed within the last hour."""
    since = timezone.now() - timedelta(hours=1)
    failed = AccessFailureLog.objects.filter(
        username=person.get_username(), attempt_time__gte=since, path_info__endswith="/second-step/"
    )
    return failed.count() >= MOST_GUESSES
