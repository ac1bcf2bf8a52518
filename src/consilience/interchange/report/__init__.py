"""The case report: report.json, the complete list of files, and a page that a browser shows from disk.

A caller gives `records.Findings` and a stream of `records.FileRow` to `folder.write_report`.
"""
