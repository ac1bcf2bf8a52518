"""The second schema: what release 0.2.0 adds to the first.

Under construction until that release: each subject appends its part here.
"""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of the first schema to the second."""
