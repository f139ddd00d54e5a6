-- Backfills: whole seasons, cut into units. Who does which unit when, and again after a kill, is
-- the job queue's business (Procrastinate, in a schema of its own); what a unit is, how it stands
-- and why one was given up is here.

CREATE TABLE ops.backfills (
    backfill_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seasons text[] NOT NULL,
    lanes text[] NOT NULL,
    most_games integer,
    force boolean NOT NULL,
    trigger text NOT NULL,
    phase text NOT NULL CHECK (phase IN ('discover', 'work', 'derive', 'over')),
    status text NOT NULL CHECK (status IN ('running', 'paused', 'done', 'failed')),
    reason text,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    resumed_at timestamptz NOT NULL DEFAULT now(),
    worked_s double precision NOT NULL DEFAULT 0,
    requests bigint NOT NULL DEFAULT 0,
    bytes_fetched bigint NOT NULL DEFAULT 0,
    rows_loaded bigint NOT NULL DEFAULT 0,
    load_s double precision NOT NULL DEFAULT 0,
    rows_derived bigint NOT NULL DEFAULT 0,
    derive_s double precision NOT NULL DEFAULT 0
);
COMMENT ON COLUMN ops.backfills.reason IS 'Why it was paused or ended, in words.';
COMMENT ON COLUMN ops.backfills.worked_s IS 'Seconds that it was running before resumed_at.';

CREATE TABLE ops.backfill_units (
    backfill_id bigint NOT NULL REFERENCES ops.backfills (backfill_id) ON DELETE CASCADE,
    stage text NOT NULL,
    unit_key text NOT NULL,
    day date,
    status text NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'underway', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    reason text,
    worker text,
    finished_at timestamptz,
    PRIMARY KEY (backfill_id, stage, unit_key)
);
CREATE INDEX backfill_units_open ON ops.backfill_units (backfill_id, stage)
    WHERE status IN ('waiting', 'underway');
COMMENT ON COLUMN ops.backfill_units.attempts IS 'How often it failed; a kill of its worker is no failure.';

-- When the next request to a group of hosts is due, whichever process makes it.
CREATE TABLE ops.feed_turns (
    feed_group text PRIMARY KEY,
    next_at timestamptz NOT NULL
);
