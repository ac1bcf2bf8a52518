"""Write generated.json anew with the pdqhash that is installed."""

import json
from importlib.metadata import version
from pathlib import Path

from pdq_pictures import generated
from test_pdq import peer_says

rows = []
for number, (name, pixels) in enumerate(generated()):
    codes, quality = peer_says(pixels)
    kept = codes if number % 12 == 0 else codes[:1]
    rows.append(f"{json.dumps(name)}: {json.dumps([quality, *(row.tobytes().hex() for row in kept)])}")
text = ",\n".join(rows)
program = json.dumps(f"pdqhash {version('pdqhash')}")
Path(__file__).with_name("generated.json").write_text(
    f'{{"program": {program}, "pictures": {{\n{text}\n}}}}\n', encoding="utf-8"
)
