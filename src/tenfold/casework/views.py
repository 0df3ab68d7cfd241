"""What console and API read: the queue, its counts, one case with everything about it."""

from tenfold.casework.casefile import HISTORY, account_view, case_view
from tenfold.casework.lists import MAX_PAGE, PAGE, decisions_page, queue_counts, queue_page
from tenfold.casework.shown import (
    AccountView,
    ActionView,
    CaseRow,
    CaseStateName,
    CaseView,
    DecisionView,
    FiringView,
    NoteView,
    PostBrief,
    Profile,
    QueueCount,
    QueuePage,
    SignalView,
    SubjectView,
    action_view,
)

__all__ = [
    "HISTORY",
    "MAX_PAGE",
    "PAGE",
    "AccountView",
    "ActionView",
    "CaseRow",
    "CaseStateName",
    "CaseView",
    "DecisionView",
    "FiringView",
    "NoteView",
    "PostBrief",
    "Profile",
    "QueueCount",
    "QueuePage",
    "SignalView",
    "SubjectView",
    "account_view",
    "action_view",
    "case_view",
    "decisions_page",
    "queue_counts",
    "queue_page",
]
