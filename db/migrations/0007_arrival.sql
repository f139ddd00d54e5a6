-- When a payload came, beside when it was last confirmed: it is loaded in the order of arrival.

ALTER TABLE ops.source_files ADD COLUMN arrived_at timestamptz;
UPDATE ops.source_files SET arrived_at = fetched_at;
ALTER TABLE ops.source_files ALTER COLUMN arrived_at SET NOT NULL;
COMMENT ON COLUMN ops.source_files.arrived_at IS
    'When the feed last began to answer with this payload: fetched_at, or later if it went back to it.';

ALTER TABLE ops.replays RENAME COLUMN checked_at TO arrived_at;
