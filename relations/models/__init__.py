"""The record: who, how much, on what terms, says who; and the history of it."""

from .actor import Actor, ActorCitation
from .aid import (
    AidCondition,
    AidConditionCitation,
    AidProgramme,
    AidProgrammeCitation,
    Assessment,
    AssessmentCitation,
    Benchmark,
    BenchmarkCitation,
    Measurement,
    Transaction,
    TransactionCitation,
)
from .base import Child, Citation, Dated, Keyed, Record, Reference, State, Support
from .comment import Comment
from .desk import ListColumns, Need, Profile, WorkList
from .factor import Factor
from .history import Change, OldKey, PackageVersion, Plan, PlanRow, PublicRevision, Redaction, Revision, Upload
from .investment import Investment, InvestmentCitation, Placed, Stake
from .judgement import BriefingStatement, Judgement, JudgementCitation
from .report import Report
from .search import SearchEntry
from .source import Source, Theme

__all__ = [
    "Actor",
    "ActorCitation",
    "AidCondition",
    "AidConditionCitation",
    "AidProgramme",
    "AidProgrammeCitation",
    "Assessment",
    "AssessmentCitation",
    "Benchmark",
    "BenchmarkCitation",
    "BriefingStatement",
    "Change",
    "Child",
    "Citation",
    "Comment",
    "Dated",
    "Factor",
    "Investment",
    "InvestmentCitation",
    "Judgement",
    "JudgementCitation",
    "Keyed",
    "ListColumns",
    "Measurement",
    "Need",
    "OldKey",
    "PackageVersion",
    "Placed",
    "Plan",
    "PlanRow",
    "Profile",
    "PublicRevision",
    "Record",
    "Redaction",
    "Reference",
    "Report",
    "Revision",
    "SearchEntry",
    "Source",
    "Stake",
    "State",
    "Support",
    "Theme",
    "Transaction",
    "TransactionCitation",
    "Upload",
    "WorkList",
]
