"""Every public URL pattern, and addresses for it: what is added later is tested before anyone thinks of it."""

import re
from itertools import chain

from django.urls import URLPattern, get_resolver, reverse

# What patterns take besides `key`, with values to try; a pattern that takes something else fails the tests.
VALUES = {
    "name": ["events", "citations", "actors", "event_links", "stakes"],
    "section": ["events", "actors", "sources"],
    "rest": ["events", "nowhere/", "events/No-Key!/"],
}


def patterns(resolver=None, namespace: str = "") -> dict[str, list[str]]:
    """Return the named patterns that the public may ask for, with the names of what each takes."""
    found = {}
    for entry in (resolver or get_resolver()).url_patterns:
        if str(entry.pattern).startswith("admin"):
            continue
        if isinstance(entry, URLPattern):
            assert entry.name, f"{entry.pattern} has no name"
            takes = sorted(entry.pattern.converters) or sorted(re.compile(entry.pattern.regex.pattern).groupindex)
            found[f"{namespace}{entry.name}"] = takes
        else:
            found.update(patterns(entry, f"{entry.namespace}:" if entry.namespace else namespace))
    return found


def addresses(keys: dict[type, list[str]]) -> dict[str, list[str]]:
    """Return the addresses of every pattern by its name; `keys` are of records by model."""
    found = {}
    for name, takes in patterns().items():
        if not takes:
            found[name] = [reverse(name)]
            continue
        assert len(takes) == 1, f"{name} takes {takes}"
        assert takes[0] == "key" or takes[0] in VALUES, f"say in VALUES what {name} takes: {takes[0]}"
        values = keys_for(name, keys) if takes[0] == "key" else VALUES[takes[0]]
        found[name] = [reverse(name, kwargs={takes[0]: value}) for value in values]
    return found


def keys_for(name: str, keys: dict[type, list[str]]) -> list[str]:
    """Return the keys to ask a pattern for: those of the model that its name begins with, after `api-`, else all."""
    word = name.rpartition(":")[2].removeprefix("api-").split("-")[0].replace("_", "")
    for model, found in keys.items():
        if word == model._meta.model_name:
            return found
    return list(chain.from_iterable(keys.values()))
