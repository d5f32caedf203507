"""Every door of the desk: for whom it opens, what is answered, and whether something is written.

The table of rights is the table of doors: one line for each way to ask one pattern of the admin's addresses. A pattern
without a line fails the tests, and so does a line without its pattern. What a line says is tried for everybody.

    Door("page", WHO, 302, of=STATE, sends={…}, writes=True)

- page: the name of the pattern, of a record's admin without its model: `change` for `timeline_event_change`; of a
  pattern without a name its route.
- WHO comes in, and is answered 200 or the next number; who works at the desk and is not among them gets `shut`, 403;
  everybody else is sent to sign in. With an empty set nobody comes in.
- of: whose address it is: the state of a record, or a function of (world, person) that returns what `reverse` takes.
- sends: what is posted, or a function of (world, person) that returns it; without it the page is only looked at.
- writes: for whom it writes something: True for all who come in, or those of them who may. For nobody else it does.
"""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile

from relations import batches, commenting, importing, publishing, redacting, reporting
from relations.admin import waiting
from relations.models import Comment, Factor, Keyed, PackageVersion, Plan, Revision, WorkList
from relations.resources import resource_of
from relations.writing import Edit
from tests.factories import MAKERS, content_type, make_actor, make_user

# ------------------------------------------------------------------------------------------------------- people

OUTSIDE = frozenset({"visitor", "outsider"})  # not signed in; signed in, but not of the desk
ADMINISTRATORS = frozenset({"administrator"})
EDITORS = ADMINISTRATORS | {"editor"}  # who publish
CURATORS = EDITORS | {"analyst"}  # who enter, change, import, export
DESK = CURATORS | {"newcomer"}  # one has a place at the desk, and no role yet
EVERYBODY = DESK | OUTSIDE
PEOPLE = tuple(sorted(EVERYBODY))
NOBODY: frozenset[str] = frozenset()


def make_people() -> dict[str, User | None]:
    """Everybody who may come to a door, by the names that the table uses."""
    people = {role: make_user(f"the-{role}", role=role) for role in sorted(CURATORS)}
    newcomer = User.objects.create_user("the-newcomer", "newcomer@desk.example", is_staff=True)
    return {"visitor": None, "outsider": make_user("the-outsider", role=""), "newcomer": newcomer} | people


# ------------------------------------------------------------------------------------------------------- things


class World:
    """What stands behind the doors of one model: a record in every state, made by other people, and a form."""

    def __init__(self, model: type[Keyed], people: dict[str, User | None]):
        self.model, self.people = model, people
        self.author = make_user()
        self.records = {
            state: MAKERS[model](state=state, by=self.author) for state in ("draft", "submitted", "withdrawn")
        }
        self.records["published"] = MAKERS[model]()
        names = resource_of(model).cell_names
        self.column = next(name for name in ("title", "name", "statement", "note") if name in names)
        self.form: dict[str, list[str]] = {}  # what the form of the draft would send; read by the test

    def edit(self, state: str) -> Edit:
        """Other words in a record."""
        record = self.records[state]
        return Edit(self.model, pk=record.pk, seen=record.version, cells={self.column: "Other words"})

    def table(self) -> bytes:
        """A file that changes the draft."""
        return f"key,{self.column}\n{self.records['draft'].key},Other words\n".encode()

    def author_like(self, person) -> User:
        """Who asks, where they may write; else somebody who may."""
        return person if person is not None and person.groups.exists() else self.author

    @cache  # noqa: B019 - a world ends with its test
    def foreign_file_by(self, author: User) -> Plan:
        """A foreign file that its owner is mapping."""
        profile = {"form": 1, "table": "events", "fields": {"title": "{What}"}}
        data = b"When,What\n2021,They met\n"
        return importing.keep_unmapped("foreign.csv", data, columns=["When", "What"], profile=profile, by=author)

    @cache  # noqa: B019
    def import_by(self, author: User) -> Plan:
        """An import that waits for its author."""
        return importing.plan("file.csv", self.table(), resource_name=resource_of(self.model).file, by=author)

    @cache  # noqa: B019
    def applied_import(self) -> Plan:
        """An import that its author applied, and that left the record as it was."""
        line = f"key,{self.column}\n{self.records['draft'].key},{getattr(self.records['draft'], self.column)}\n"
        table = resource_of(self.model).file
        plan = importing.plan("same.csv", line.encode(), resource_name=table, by=self.author)
        importing.apply(plan, by=self.author)
        return plan

    @cache  # noqa: B019
    def comment(self) -> Comment:
        """A comment of the author on the draft."""
        return commenting.comment([self.records["draft"]], "Look.", by=self.author)[0]

    @cache  # noqa: B019
    def list_of(self, owner: User | None) -> WorkList:
        """A list that is saved, one's own or the desk's."""
        return WorkList.objects.create(name="What is new", owner=owner, content_type=content_type(self.model))

    @cache  # noqa: B019
    def proposal_by(self, author: User) -> Plan:
        """A change to the published record that waits for a second person."""
        return publishing.propose([self.edit("published")], by=author, change="correction", reason="A slip.")

    @cache  # noqa: B019
    def batch_by(self, author: User) -> Plan:
        """A change of many that waits for its author."""
        edit = self.edit("draft")
        found = batches.loaded([(self.model, edit.pk)])
        return batches.prepare(Plan.Kind.BULK, [edit], by=author, model=self.model, found=found)

    @cache  # noqa: B019
    def applied_batch(self) -> Plan:
        """A change of many that its author applied, to a draft of its own."""
        record = MAKERS[self.model](state="draft", by=self.author)
        edit = Edit(self.model, pk=record.pk, seen=record.version, cells={self.column: "Other words"})
        found = batches.loaded([(self.model, edit.pk)])
        plan = batches.prepare(Plan.Kind.BULK, [edit], by=self.author, model=self.model, found=found)
        batches.apply(plan, by=self.author)
        return plan

    @cache  # noqa: B019
    def redaction(self) -> Plan:
        """A redaction of the name of the draft, which waits for a second person."""
        text = getattr(self.records["draft"], self.column)
        return redacting.ask([text], by=make_user(role="administrator"), reason="By law.")


def act(state: str, name: str) -> Callable:
    """What an act on a record in a state is addressed by."""
    return lambda world, person: [world.records[state].pk, name]


def reason(state: str) -> Callable:
    """What the page of an act sends."""
    return lambda world, person: {"version": world.records[state].version, "reason": "Because."}


def chosen(action: str, state: str) -> Callable:
    """What a list sends with one record chosen."""
    return lambda world, person: {
        "action": action,
        "_selected_action": [world.records[state].pk],
        "index": "0",
        "confirmed": "1",
        "reason": "Because.",
    }


def other_words(state: str, world: World, person) -> dict:
    """What the form of a record sends with its words changed."""
    public = {"change": ["correction"], "reason": ["A slip."]} if state == "published" else {}
    record = world.records[state]
    own = {"key": [record.key], "version": [str(record.version)], world.column: ["Other words"], "_continue": ["1"]}
    return world.form | own | public


def a_copy(world: World, person) -> dict:
    """What the form of a new record sends that is like the draft."""
    return world.form | {"key": ["another"], "version": ["0"], "_continue": ["1"]}


def a_file(world: World, person) -> dict:
    """What the page of an import sends."""
    file = SimpleUploadedFile("file.csv", world.table())
    return {"table": resource_of(world.model).file, "file": file}


def a_foreign_file(world: World, person) -> dict:
    """What the page of foreign spreadsheets sends."""
    return {"act": "map", "table": "events", "file": SimpleUploadedFile("foreign.csv", b"When,What\n2021,They met\n")}


def no_profile(world: World, person) -> dict:
    """A file that is no profile."""
    return {"act": "bring", "profile": SimpleUploadedFile("profile.json", b"{}")}


def a_profile_to_save(world: World, person) -> dict:
    """What the page of a foreign file sends to save its profile."""
    return {"act": "save", "name": f"Profile {next(_readers)}", "text.title": "{What}"}


def own_foreign_file(world: World, person) -> list[str]:
    """A foreign file that who asks is mapping; who may not import has none, and asks for that of another."""
    return [world.foreign_file_by(world.author_like(person)).token]


def foreign_file_of_another(world: World, person) -> list[str]:
    """A foreign file that somebody else is mapping."""
    return [world.foreign_file_by(world.author).token]


def import_of_another(world: World, person) -> list[str]:
    """An import that waits for somebody else."""
    return [world.import_by(world.author).token]


def own_import(world: World, person) -> list[str]:
    """An import that waits for who asks; who may not import has none, and asks for that of another."""
    return [world.import_by(world.author_like(person)).token]


def proposal(world: World, person) -> list[int]:
    """A change to the published record that somebody else proposed."""
    return [world.proposal_by(world.author).pk]


def own_proposal(world: World, person) -> list[int]:
    """A change to the published record, proposed by who asks, if they may."""
    return [world.proposal_by(world.author_like(person)).pk]


def waiting_import(world: World, person) -> list[int]:
    """An import that waits for somebody else, by its number instead of its address."""
    return [world.import_by(world.author).pk]


def applied_import(world: World, person) -> list[int]:
    """An import that somebody else applied."""
    return [world.applied_import().pk]


_readers = itertools.count()


def report(world: World, person) -> list[int]:
    """An error in the published record that a reader reported."""
    told = dict.fromkeys(("field", "credit", "email"), "") | {"right": "Not so.", "source": "A newspaper."}
    address = f"2001:db8:{next(_readers):x}::1"
    return [reporting.take(world.records["published"], address=address, **told).pk]


def a_redaction(world: World, person) -> dict:
    """What asks for the name of the draft to go."""
    return {"texts": getattr(world.records["draft"], world.column), "reason": "By law."}


def waiting_redaction(world: World, person) -> list[int]:
    """A redaction that another administrator asks for."""
    return [world.redaction().pk]


def own_batch(world: World, person) -> list[int]:
    """A change of many that waits for who asks; who may not make one asks for that of another."""
    return [world.batch_by(world.author_like(person)).pk]


def batch_of_another(world: World, person) -> list[int]:
    """A change of many that waits for somebody else."""
    return [world.batch_by(world.author).pk]


def applied_batch(world: World, person) -> list[int]:
    """A change of many that somebody else applied."""
    return [world.applied_batch().pk]


def words(*given: str) -> Callable:
    """What an address takes whatever there is."""
    return lambda world, person: list(given)


def label(world: World, person) -> list[str]:
    return [world.model._meta.label_lower]


def decision(name: str) -> Callable:
    """What the page of a review sends."""
    return lambda world, person: reason("submitted")(world, person) | {"act": name}


def first_version(world: World, person) -> list[int]:
    """The first version of what was submitted since."""
    return [world.records["submitted"].pk, 1]


def row_of_proposal(world: World, person) -> list[int]:
    """A record of a change that somebody else proposed."""
    plan = world.proposal_by(world.author)
    return [plan.pk, plan.rows.get().pk]


def label_and_number(world: World, person) -> list:
    return [world.model._meta.label_lower, world.records["draft"].pk]


def list_of_another(world: World, person) -> list[int]:
    """A list that somebody saved for themselves."""
    return [world.list_of(world.author).pk]


def list_of_the_desk(world: World, person) -> list[int]:
    """A list that an editor saved for all."""
    return [world.list_of(None).pk]


def with_list(get: Callable, **data) -> Callable:
    """What the page of all saved lists sends about one of them."""
    return lambda world, person: data | {"list": get(world, person)[0]}


def a_comment(world: World, person) -> list[int]:
    """A comment that somebody else wrote."""
    return [world.comment().pk]


def file_of(world: World, person) -> list[str]:
    return [resource_of(world.model).file]


def on_site(world: World, person) -> list:
    """What the link of a form to the public page is addressed by."""
    return [content_type(world.model).pk, world.records["published"].pk]


def first(model) -> Callable:
    """The first row of a model that is not of the record."""
    return lambda world, person: [model.objects.order_by("pk").first().pk]


def account(name: str) -> Callable:
    return lambda world, person: [world.people[name].pk]


def author_of(world: World, person) -> list[int]:
    """The account that wrote the records."""
    return [world.author.pk]


def an_account(world: World, person) -> dict:
    """What the form of a new account sends."""
    analysts = Group.objects.get(name="analyst").pk
    return {"username": "ayesha", "email": "ayesha@desk.example", "groups": [analysts]}


def another_name(world: World, person) -> dict:
    """What the form of the analyst's account sends with another name."""
    of = world.people["analyst"]
    groups = [group.pk for group in of.groups.all()]
    return {"username": of.username, "email": of.email, "first_name": "Ayesha", "groups": groups, "is_active": "on"}


def factor_of_another(world: World, person) -> dict:
    """What would remove the second factor of somebody else."""
    return {"remove": Factor.objects.exclude(user=person).order_by("pk").first().pk}


def other_json(world: World, person) -> dict:
    """What a form would send that somebody made for what has none."""
    return {"name": "Other words", "state": "applied", "data": json.dumps({})}


# -------------------------------------------------------------------------------------------------------- doors


@dataclass(frozen=True, eq=False)
class Door:
    """One way to ask one pattern; see above."""

    page: str
    who: frozenset[str]
    answer: int = 200
    of: str | Callable = ""
    sends: dict | Callable | None = None
    writes: bool | frozenset[str] = False
    shut: int = 403

    def __str__(self):
        of = getattr(self.of, "__name__", "") if callable(self.of) else self.of
        return " ".join(filter(None, ("GET" if self.sends is None else "POST", self.page, of)))


# Tried with every model of the record.
OF_RECORDS = (
    Door("changelist", CURATORS),
    # Who may not do to records what they chose gets the list again.
    Door("changelist", CURATORS, 302, sends=chosen("submit_selected", "draft"), writes=True),
    Door("changelist", CURATORS, 302, sends=chosen("publish_selected", "submitted"), writes=EDITORS),
    Door("changelist", CURATORS, 302, sends=chosen("return_selected", "submitted"), writes=EDITORS),
    Door("changelist", CURATORS, 302, sends=chosen("withdraw_selected", "published"), writes=EDITORS),
    Door("changelist", CURATORS, 302, sends=chosen("reopen_selected", "withdrawn"), writes=EDITORS),
    Door("changelist", CURATORS, 200, sends=chosen("export_selected", "draft")),
    Door("changelist", CURATORS, 302, sends=chosen("delete_selected", "draft")),
    Door("columns", CURATORS, 405),
    Door("columns", CURATORS, 302, sends={"column": "key"}, writes=True),
    Door("save_list", CURATORS, 405),
    Door("save_list", CURATORS, 302, sends={"name": "Mine"}, writes=True),
    Door("save_list", EDITORS, 302, sends={"name": "Ours", "desk": "1"}, writes=True),
    Door("work-list", CURATORS, 302, of=list_of_the_desk, shut=404),
    Door("work-list", NOBODY, of=list_of_another, shut=404),
    Door("work-lists", EDITORS, 302, sends=with_list(list_of_the_desk, name="Else"), writes=True),
    Door("work-lists", EDITORS, 302, sends=with_list(list_of_the_desk, act="remove"), writes=True),
    Door("add", CURATORS),
    Door("add", CURATORS, 302, sends=a_copy, writes=True),
    Door("change", CURATORS, of="draft"),
    Door("change", CURATORS, of="withdrawn"),
    Door("change", CURATORS, 302, of="draft", sends=partial(other_words, "draft"), writes=True),
    Door("change", CURATORS, 302, of="submitted", sends=partial(other_words, "submitted"), writes=True),
    Door("change", CURATORS, 302, of="published", sends=partial(other_words, "published"), writes=True),
    Door("<path:object_id>/", DESK, 302, of="draft"),
    Door("delete", NOBODY, of="draft"),
    Door("delete", NOBODY, of="draft", sends={"post": "yes"}),
    Door("history", CURATORS, of="draft"),
    Door("impact", CURATORS, of="draft"),
    Door("review", CURATORS, of="submitted"),
    Door("review", EDITORS, 302, of="submitted", sends=decision("publish"), writes=True),
    Door("review", EDITORS, 302, of="submitted", sends=decision("return"), writes=True),
    # What is only supposed is written too, and undone.
    Door("review_page", CURATORS, of="submitted", writes=True),
    Door("review_page", CURATORS, of="published"),
    Door("compare", CURATORS, 302, of="draft"),
    Door("restore", CURATORS, of=first_version),
    Door("restore", CURATORS, 302, of=first_version, sends=reason("submitted")),
    Door("relations_plan_page", CURATORS, of=row_of_proposal, writes=True),
    Door("relations_comment_write", DESK, 405, of=label_and_number),
    Door("relations_comment_write", CURATORS, 302, of=label_and_number, sends={"text": "Look."}, writes=True),
    Door("act", CURATORS, of=act("draft", "submit")),
    Door("act", EDITORS, of=act("submitted", "publish")),
    Door("act", EDITORS, of=act("submitted", "return")),
    Door("act", EDITORS, of=act("published", "withdraw")),
    Door("act", EDITORS, of=act("withdrawn", "reopen")),
    Door("act", CURATORS, 302, of=act("draft", "submit"), sends=reason("draft"), writes=True),
    Door("act", EDITORS, 302, of=act("submitted", "publish"), sends=reason("submitted"), writes=True),
    Door("act", EDITORS, 302, of=act("submitted", "return"), sends=reason("submitted"), writes=True),
    Door("act", EDITORS, 302, of=act("draft", "withdraw"), sends=reason("draft"), writes=True),
    Door("act", EDITORS, 302, of=act("published", "withdraw"), sends=reason("published"), writes=True),
    Door("act", EDITORS, 302, of=act("withdrawn", "reopen"), sends=reason("withdrawn"), writes=True),
    Door("act", DESK, 404, of=act("draft", "delete"), sends=reason("draft")),
    Door("import", CURATORS),
    Door("import", CURATORS, 302, sends=a_file, writes=True),
    Door("preview", CURATORS, of=own_import),
    Door("preview", CURATORS, 302, of=own_import, sends={"act": "apply"}, writes=True),
    Door("preview", CURATORS, 302, of=own_import, sends={"act": "discard"}, writes=True),
    Door("preview", CURATORS, 404, of=import_of_another),
    Door("preview", CURATORS, 404, of=import_of_another, sends={"act": "apply"}),
    Door("preview", CURATORS, 302, of=own_import, sends={"act": "again"}, writes=True),
    Door("preview", CURATORS, 302, of=own_import, sends={"act": "settle"}),
    Door("preview", CURATORS, 404, of=import_of_another, sends={"act": "again"}),
    Door("progress", CURATORS, of=own_import),
    Door("progress", CURATORS, 404, of=import_of_another),
    Door("refused", CURATORS, of=own_import),
    Door("refused", CURATORS, 404, of=import_of_another),
    Door("export", CURATORS),
    # Patterns that are no admin's own, but lead to records of every model.
    Door("find", CURATORS, of=label),
    Door("find-place", CURATORS, of=label),
    Door("propose-key", CURATORS, of=label),
    Door("help", CURATORS, of=file_of),
    Door("view_on_site", DESK, 302, of=on_site),
    Door("relations_plan_change", CURATORS, of=proposal),
    Door("relations_plan_change", EDITORS, 302, of=proposal, sends={"act": "agree"}, writes=True),
    Door("relations_plan_change", EDITORS, 302, of=proposal, sends={"act": "refuse", "comment": "No."}, writes=True),
    Door("relations_plan_change", NOBODY, of=own_proposal, sends={"act": "agree"}),
    Door("relations_plan_change", CURATORS, 302, of=own_proposal, sends={"act": "take-back"}, writes=True),
    Door("relations_plan_change", CURATORS, 302, of=applied_import),
    Door("relations_plan_change", CURATORS, 302, of=waiting_import),
    Door("batch", CURATORS, of=own_batch),
    Door("batch", CURATORS, 302, of=own_batch, sends={"act": "apply"}, writes=True),
    Door("batch", CURATORS, 302, of=own_batch, sends={"act": "discard"}, writes=True),
    Door("batch", CURATORS, 404, of=batch_of_another),
    Door("batch", CURATORS, 404, of=batch_of_another, sends={"act": "apply"}),
    Door("batch", CURATORS, of=applied_batch),
    Door("batch", CURATORS, of=applied_import),
    Door("batch", EDITORS, 302, of=applied_batch, sends={"act": "undo"}, writes=True),
)

# Tried once.
OF_THE_DESK = (
    Door("index", DESK),
    *(
        Door("desk-list", EDITORS if name in ("check", "redactions") else CURATORS, of=words(name))
        for name in waiting.LISTS
    ),
    Door("app_list", CURATORS, of=words("relations"), shut=404),
    Door("understand-date", DESK),
    Door("find-doubles", CURATORS),
    Door("work-lists", CURATORS),
    Door("work-lists", CURATORS, 404, sends=with_list(list_of_another, act="remove")),
    Door("autocomplete", NOBODY),
    Door("jsi18n", DESK),
    Door("(?P<url>.*)$", DESK, 404),
    # Signing in and out
    Door("login", OUTSIDE, shut=302),
    Door("second-step", EVERYBODY, 302),  # to the first
    Door("second-step", EVERYBODY, 302, sends={"code": "123456"}),
    Door("logout", OUTSIDE, 302, sends={}, shut=200),
    # One's own second factor: editors and administrators have an app; tests know no host for passkeys
    Door("second-factor", DESK),
    Door("second-factor", EDITORS, sends={"act": "codes"}, writes=True),
    Door("second-factor", NOBODY, sends=factor_of_another),
    Door("sessions", DESK),
    Door("sessions", DESK, 302, sends={"end": "others"}),
    Door("sign-ins", ADMINISTRATORS),
    Door("add-app", DESK - EDITORS, shut=302),
    Door("add-app", DESK - EDITORS, sends={"code": "123456"}, shut=302),
    Door("app-drawing", DESK, 404),
    Door("add-passkey", DESK, 404),
    Door("add-passkey", DESK, 404, sends={"credential": "{}"}),
    Door("password_change", DESK),
    Door("password_change_done", DESK),
    Door("admin_password_reset", EVERYBODY),
    Door("password_reset_done", EVERYBODY),
    Door("password_reset_confirm", EVERYBODY, of=words("MQ", "no-token")),
    Door("password_reset_complete", EVERYBODY),
    # What waited and what happened
    Door("next-review", DESK, 302),
    Door("relations_comment_changelist", CURATORS),
    Door("relations_comment_add", NOBODY),
    Door("relations_comment_add", NOBODY, sends=other_json),
    Door("relations_comment_change", CURATORS, 302, of=a_comment),
    Door("relations_comment_change", CURATORS, 302, of=a_comment, sends=other_json),
    Door("relations_comment_done", DESK, 405, of=a_comment),
    Door("relations_comment_done", EDITORS, 302, of=a_comment, sends={}, writes=True),
    Door("relations_comment_history", NOBODY, of=a_comment),
    Door("relations_comment_delete", NOBODY, of=a_comment),
    Door("relations_comment_delete", NOBODY, of=a_comment, sends={"post": "yes"}),
    Door("relations_comment: <path:object_id>/", DESK, 302, of=a_comment),
    Door("batches", CURATORS),
    Door("profiles", CURATORS),
    Door("profiles", CURATORS, 302, sends=a_foreign_file, writes=True),
    Door("profiles", CURATORS, 400, sends=no_profile),
    Door("profile", CURATORS, of=words("ucdp-ged")),
    Door("profile", CURATORS, 404, of=words("0")),
    Door("map", CURATORS, of=own_foreign_file),
    Door("map", CURATORS, 302, of=own_foreign_file, sends=a_profile_to_save, writes=True),
    Door("map", CURATORS, 404, of=foreign_file_of_another),
    Door("map", CURATORS, 404, of=foreign_file_of_another, sends=a_profile_to_save),
    Door("losses", CURATORS, of=own_foreign_file),
    Door("losses", CURATORS, 404, of=foreign_file_of_another),
    Door("redactions", EDITORS),
    Door("redactions", ADMINISTRATORS, 302, sends=a_redaction, writes=True),
    Door("redaction", EDITORS, of=waiting_redaction),
    Door("redaction", EDITORS, 302, of=waiting_redaction, sends={"act": "agree"}, writes=True),
    Door("redaction", EDITORS, 302, of=waiting_redaction, sends={"act": "refuse", "comment": "No."}, writes=True),
    Door("merge", DESK, 404, of=lambda world, person: ["relations.theme", 1]),
    Door("merge", CURATORS, of=lambda world, person: ["relations.actor", make_actor().pk]),
    Door("merge", CURATORS, of=lambda world, person: ["relations.actor", make_actor().pk], sends={}),
    Door("relations_plan_changelist", CURATORS),
    Door("relations_plan_add", NOBODY),
    Door("relations_plan_add", NOBODY, sends=other_json),
    Door("relations_plan_history", NOBODY, of=proposal),
    Door("relations_plan_delete", NOBODY, of=proposal),
    Door("relations_plan_delete", NOBODY, of=proposal, sends={"post": "yes"}),
    Door("relations_plan: <path:object_id>/", DESK, 302, of=proposal),
    Door("relations_revision_changelist", CURATORS),
    Door("relations_revision_add", NOBODY),
    Door("relations_revision_add", NOBODY, sends=other_json),
    Door("relations_revision_change", CURATORS, 302, of=first(Revision)),
    Door("relations_revision_change", CURATORS, 302, of=first(Revision), sends=other_json),
    Door("relations_revision_history", NOBODY, of=first(Revision)),
    Door("relations_revision_delete", NOBODY, of=first(Revision)),
    Door("relations_revision_delete", NOBODY, of=first(Revision), sends={"post": "yes"}),
    Door("relations_revision: <path:object_id>/", DESK, 302, of=first(Revision)),
    Door("relations_packageversion_changelist", CURATORS),
    Door("relations_packageversion_add", NOBODY),
    Door("relations_packageversion_add", NOBODY, sends=other_json),
    Door("relations_packageversion_change", CURATORS, of=first(PackageVersion)),
    Door("relations_packageversion_change", NOBODY, of=first(PackageVersion), sends=other_json),
    Door("relations_packageversion_history", NOBODY, of=first(PackageVersion)),
    Door("relations_packageversion_delete", NOBODY, of=first(PackageVersion)),
    Door("relations_packageversion_delete", NOBODY, of=first(PackageVersion), sends={"post": "yes"}),
    Door("relations_packageversion: <path:object_id>/", DESK, 302, of=first(PackageVersion)),
    # Reports of readers
    Door("relations_report_changelist", CURATORS),
    Door("relations_report_add", NOBODY),
    Door("relations_report_add", NOBODY, sends=other_json),
    Door("relations_report_change", CURATORS, of=report),
    Door("relations_report_change", EDITORS, 302, of=report, sends={"act": "answered"}, writes=True),
    Door("relations_report_change", EDITORS, 302, of=report, sends={"act": "rejected"}, writes=True),
    Door("relations_report_change", EDITORS, 302, of=report, sends={"act": "thank", "credit": "Ayesha"}, writes=True),
    Door("relations_report_change", EDITORS, 200, of=report, sends=other_json),
    Door("relations_report_history", NOBODY, of=report),
    Door("relations_report_delete", NOBODY, of=report),
    Door("relations_report_delete", NOBODY, of=report, sends={"post": "yes"}),
    Door("relations_report: <path:object_id>/", DESK, 302, of=report),
    # Accounts
    Door("auth_user_changelist", ADMINISTRATORS),
    Door("auth_user_add", ADMINISTRATORS),
    Door("auth_user_add", ADMINISTRATORS, 302, sends=an_account, writes=True),
    Door("auth_user_change", ADMINISTRATORS, of=account("analyst")),
    Door("auth_user_change", ADMINISTRATORS, 302, of=account("analyst"), sends=another_name, writes=True),
    Door("auth_user_invite", NOBODY, of=account("analyst")),
    Door("auth_user_invite", ADMINISTRATORS, 302, of=account("analyst"), sends={}),
    Door("auth_user_sessions", ADMINISTRATORS, of=account("analyst")),
    Door("auth_user_sessions", ADMINISTRATORS, 302, of=account("analyst"), sends={"end": "others"}, writes=True),
    Door("auth_user_undo", ADMINISTRATORS, of=account("analyst")),
    Door("auth_user_undo", ADMINISTRATORS, of=account("analyst"), sends={"since": "2100-01-01 00:00"}),
    Door("auth_user_undo", ADMINISTRATORS, 302, of=author_of, sends={"since": "2000-01-01 00:00"}, writes=True),
    Door("auth_user_without_factor", NOBODY, of=account("editor")),
    Door("auth_user_without_factor", ADMINISTRATORS, 302, of=account("editor"), sends={}, writes=True),
    Door("auth_user_password_change", NOBODY, of=account("analyst")),
    Door(
        "auth_user_password_change", NOBODY, of=account("analyst"), sends={"password1": "a-b-c", "password2": "a-b-c"}
    ),
    Door("auth_user_history", ADMINISTRATORS, of=account("analyst")),
    Door("auth_user_delete", NOBODY, of=account("analyst")),
    Door("auth_user_delete", NOBODY, of=account("analyst"), sends={"post": "yes"}),
    Door("auth_user: <path:object_id>/", DESK, 302, of=account("analyst")),
    Door("auth_group_changelist", ADMINISTRATORS),
    Door("auth_group_add", NOBODY),
    Door("auth_group_add", NOBODY, sends=other_json),
    Door("auth_group_change", ADMINISTRATORS, of=first(Group)),
    Door("auth_group_change", NOBODY, of=first(Group), sends=other_json),
    Door("auth_group_history", NOBODY, of=first(Group)),
    Door("auth_group_delete", NOBODY, of=first(Group)),
    Door("auth_group_delete", NOBODY, of=first(Group), sends={"post": "yes"}),
    Door("auth_group: <path:object_id>/", DESK, 302, of=first(Group)),
)
