"""Raw answers of the feeds, kept as they came: put, get, list, verify. No network, no database.

<root>/<source>/<kind>/<key>/<fetched_at>.json.gz          one gzip member per part of a payload
<root>/<source>/<kind>/<key>/<fetched_at>.manifest.json    what it is, and the hash that proves it
<root>/pending/                                            what the database has not been told yet
"""

from nbapanel.archive.files import ArchiveUnwritable
from nbapanel.archive.inspection import Finding, FindingKind
from nbapanel.archive.manifest import Manifest, source_file_id
from nbapanel.archive.names import KeyRefused
from nbapanel.archive.store import Archive, Stored

__all__ = [
    "Archive",
    "ArchiveUnwritable",
    "Finding",
    "FindingKind",
    "KeyRefused",
    "Manifest",
    "Stored",
    "source_file_id",
]
