"""The report of a case, for whoever may let it out. It holds no picture."""

# Annotations are read at run time: no postponed ones in modules of routes.

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Response

from consilience.model.people import Permission
from consilience.services.report import write_case_report
from consilience.web.identity import Caller, Needs
from consilience.web.naming import case_number
from consilience.web.routing import router
from consilience.web.shapes import CaseName

routes = router("reports")

_ARCHIVE = "application/zip"
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {_ARCHIVE: {"schema": {"type": "string", "format": "binary"}}}}
}


@routes.post("/cases/{case}/report", response_class=Response, responses=_ANSWER)
def write_report(caller: Annotated[Caller, Depends(Needs(Permission.DISCLOSE))], case: CaseName) -> Response:
    """Write the report of a case: ``report.html`` for people, the rest for programs, as a ZIP archive.

    Where the policy asks for a second person, the first answer is 403, and the approval is asked for.
    """
    number = case_number(caller, case, Permission.DISCLOSE)
    out = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="consilience-report-") as folder:
        written = Path(folder) / "report"
        write_case_report(caller.server.holdings, caller.actor, number, written)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(written.rglob("*")):
                if one.is_file():
                    archive.write(one, one.relative_to(written).as_posix())
    headers = {"Content-Disposition": 'attachment; filename="report.zip"', "Cache-Control": "no-store"}
    return Response(out.getvalue(), media_type=_ARCHIVE, headers=headers)
