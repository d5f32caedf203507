"""ZIP files: what may be unpacked, and the table of a data package."""

import io
import json
import zipfile
import zlib

from . import Found, Limits, Options, Wrong, delimited, gettext_noop

DESCRIPTOR = "datapackage.json"
FREE = 2**20  # bytes beneath which parts may be as many times larger than the file as they like
UNSOUND = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def opened(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """Return a ZIP whose parts are within the limits by what it says of them. Raises Wrong.

    More than it says of a part is never unpacked.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except UNSOUND as error:
        raise damaged() from error
    parts = archive.infolist()
    if len(parts) > limits.parts:
        message = gettext_noop("the file has %(count)s parts; at most %(limit)s are read")
        raise Wrong(message, count=len(parts), limit=limits.parts)
    names = [part.filename for part in parts]
    doubles = [name for name in names if names.count(name) > 1] if len(set(names)) < len(names) else []
    if doubles:
        raise Wrong(gettext_noop("the part %(name)s stands twice in the file"), name=doubles[0][:80])
    for part in parts:
        if part.flag_bits & 1:
            raise Wrong(gettext_noop("the file has a password; save it without one"))
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            message = gettext_noop("the part %(name)s is packed in an unusual way; pack the file anew")
            raise Wrong(message, name=part.filename[:80])
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked:
        message = gettext_noop("unpacked the file has %(size)s bytes; at most %(limit)s are read")
        raise Wrong(message, size=unpacked, limit=limits.unpacked)
    if unpacked > FREE and unpacked > limits.ratio * len(data):
        message = gettext_noop("unpacked the file is %(times)s times larger; at most %(limit)s times is read")
        raise Wrong(message, times=unpacked // len(data), limit=limits.ratio)
    return archive


def damaged() -> Wrong:
    """Return what is wrong with a ZIP that cannot be unpacked."""
    return Wrong(gettext_noop("the file is damaged: it cannot be unpacked; save it anew"))


def part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a part, unpacked; raises Wrong where it is damaged and KeyError where it is not there."""
    info = archive.getinfo(name)
    try:
        return archive.read(info)
    except UNSOUND as error:
        raise damaged() from error


def files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Return {file name: bytes} of a data package, which lies at the top of the ZIP or in one folder."""
    descriptors = [name for name in archive.namelist() if name.rpartition("/")[2] == DESCRIPTOR]
    if len(descriptors) != 1:
        message = gettext_noop("the ZIP is neither a workbook nor a data package, which has one %(name)s")
        raise Wrong(message, name=DESCRIPTOR)
    folder = descriptors[0].removesuffix(DESCRIPTOR)
    names = [name for name in archive.namelist() if name.startswith(folder) and not name.endswith("/")]
    return {name.removeprefix(folder): part(archive, name) for name in names}


def read(archive: zipfile.ZipFile, options: Options, limits: Limits) -> Found:
    """Return one table of a data package: that of the name that is asked for, or the only one."""
    contents = files(archive)
    try:
        described = json.loads(contents[DESCRIPTOR])["resources"]
        paths = {resource["name"]: resource["path"] for resource in described}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Wrong(gettext_noop("%(name)s does not say which tables there are"), name=DESCRIPTOR) from error
    asked = options.sheet or options.table
    chosen = asked if asked in paths else next(iter(paths)) if len(paths) == 1 and not asked else ""
    if not chosen:
        message = gettext_noop("the package has the tables %(names)s; say which one")
        raise Wrong(message, names=", ".join(map(str, paths))[:500])
    if not isinstance(paths[chosen], str) or paths[chosen] not in contents:
        raise Wrong(gettext_noop("the package lacks the file of the table %(name)s"), name=chosen)
    options.is_packaged = True
    found = delimited.read(delimited.decoded(contents[paths[chosen]]), options, limits)
    return Found("zip", found.header, found.rows, [name for name in paths if name != chosen])
