"""What a reader of a report must know before its first figure."""

from __future__ import annotations

from consilience.interchange.report.records import Findings
from consilience.interchange.report.text import plural
from consilience.model.lists import Role


def notices(findings: Findings) -> list[str]:
    """Sentences on what is unfinished or was not compared, so that no figure is taken for more than it is."""
    notices = []
    for exhibit in findings.exhibits:
        if not exhibit.readings:
            notices.append(f"Exhibit {exhibit.number} has not been read.")
        elif exhibit.readings[-1].finished is None:
            notices.append(
                f"The last reading of exhibit {exhibit.number} did not finish. Files that it had not reached "
                "are not in this report."
            )
    if not findings.lists:
        notices.append(
            "No list was compared. New means here only that these holdings had not seen a file before."
        )
    elif not any(used.role is Role.ALERT for used in findings.lists):
        notices.append("No alert list was compared.")
    broken = [used for used in findings.lists if used.broken]
    if broken:
        names = ", ".join(f"{used.name} (edition {used.edition})" for used in broken)
        notices.append(
            f"{plural(sum(used.broken for used in broken), 'record')} could not be taken from "
            f"{'list' if len(broken) == 1 else 'lists'} {names}. Nothing was compared with them."
        )
    return notices
