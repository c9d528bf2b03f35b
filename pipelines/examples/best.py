"""Gathers the metrics of a sweep, a file an instance, into a table with the best first."""

import csv
import json
import pathlib
import sys

folder, table, metrics = sys.argv[1:]
rows = [{"instance": path.stem, **json.loads(path.read_text())} for path in sorted(pathlib.Path(folder).iterdir())]
rows.sort(key=lambda row: -row["accuracy"])
with open(table, "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
undefined = sum(row["correlation"] != row["correlation"] for row in rows)
json.dump({"accuracy": rows[0]["accuracy"], "fits": len(rows), "undefined": undefined}, open(metrics, "w"))
