-- What happened: payloads, runs, steps, refreshes, and which games changed since they were derived.

CREATE SCHEMA ops;

-- To which feeds this warehouse belongs, so that invented data never meets real data.
CREATE TABLE ops.warehouse (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now()
);

-- One row a distinct payload. source_file_id follows from the identity, so that a rebuilt
-- warehouse gives every row the same provenance as before.
CREATE TABLE ops.source_files (
    source_file_id bigint PRIMARY KEY,
    source_type text NOT NULL,
    source_key text NOT NULL,
    url text NOT NULL,
    path text NOT NULL,
    fetched_at timestamptz NOT NULL,
    http_status integer NOT NULL,
    etag text,
    last_modified text,
    content_type text,
    sha256_hex text NOT NULL,
    byte_size bigint NOT NULL,
    loaded_at timestamptz,
    load_error text,
    checked_at timestamptz NOT NULL,
    bad_items integer NOT NULL DEFAULT 0,
    row_count integer,
    UNIQUE (source_type, source_key, sha256_hex)
);
CREATE INDEX source_files_unloaded ON ops.source_files (source_type, fetched_at)
    WHERE loaded_at IS NULL;
COMMENT ON COLUMN ops.source_files.http_status IS
    '400 or more: the feed said that it does not have this, which is remembered like an answer.';
COMMENT ON COLUMN ops.source_files.checked_at IS
    'Last time the feed answered with just this payload (or with 304); never before fetched_at.';

-- For a rebuild: where a feed went back to a payload (A, B, A), the places of it before the last,
-- which is source_files' own. They are loaded in their turn, as they were when they came.
CREATE TABLE ops.replays (
    source_file_id bigint NOT NULL REFERENCES ops.source_files (source_file_id),
    checked_at timestamptz NOT NULL,
    path text NOT NULL,
    PRIMARY KEY (source_file_id, checked_at)
);

CREATE TABLE ops.pipeline_runs (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('refetch', 'steps', 'backfill', 'schedule', 'cascade')),
    trigger text NOT NULL CHECK (trigger IN ('button', 'terminal', 'schedule', 'resume')),
    steps text[] NOT NULL,
    settings jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    status text NOT NULL
        CHECK (status IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
    app_version text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    error text,
    resumes bigint REFERENCES ops.pipeline_runs (run_id),
    duration_ms bigint
);
CREATE INDEX pipeline_runs_open ON ops.pipeline_runs (run_id) WHERE status = 'running';

CREATE TABLE ops.step_runs (
    run_id bigint NOT NULL REFERENCES ops.pipeline_runs (run_id) ON DELETE CASCADE,
    step text NOT NULL,
    attempt integer NOT NULL,
    status text NOT NULL,
    reason text,
    started_at timestamptz,
    finished_at timestamptz,
    duration_ms bigint,
    requests integer NOT NULL DEFAULT 0,
    bytes_fetched bigint NOT NULL DEFAULT 0,
    bad_items integer NOT NULL DEFAULT 0,
    detail jsonb,
    error text,
    hint text,
    changes jsonb,
    PRIMARY KEY (run_id, step, attempt)
);
CREATE INDEX step_runs_history ON ops.step_runs (step, finished_at DESC);

CREATE TABLE ops.refresh_log (
    refresh_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint REFERENCES ops.pipeline_runs (run_id) ON DELETE SET NULL,
    step text,
    relation text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('load', 'derive', 'refresh')),
    strategy text NOT NULL CHECK (strategy IN ('upsert', 'incremental', 'concurrent', 'full')),
    triggered_by text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    duration_ms bigint,
    rows_before bigint,
    rows_after bigint,
    inserted bigint,
    updated bigint,
    unchanged bigint,
    deleted bigint,
    size_bytes bigint,
    status text NOT NULL
        CHECK (status IN ('running', 'ok', 'failed', 'cancelled', 'skipped')),
    error text,
    threshold_ms bigint,
    alert_triggered boolean GENERATED ALWAYS AS (duration_ms > threshold_ms) STORED
);
CREATE INDEX refresh_log_relation ON ops.refresh_log (relation, started_at DESC);

-- dataset names the derived relation that is to be computed again for the game.
CREATE TABLE ops.game_changes (
    dataset text NOT NULL,
    game_id text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    run_id bigint,
    PRIMARY KEY (dataset, game_id)
);

-- Games that changed since the views were last published: the gates judge them, whatever the run is
-- about. objected: a gate named the game and the views were left as they were.
CREATE TABLE ops.unpublished_games (
    game_id text PRIMARY KEY,
    changed_at timestamptz NOT NULL DEFAULT now(),
    objected boolean NOT NULL DEFAULT false
);

-- Counts up in the same transaction as a change of the relation; a published view notes the
-- versions it was built from, and is refreshed only when they moved.
CREATE TABLE ops.relation_versions (
    relation text PRIMARY KEY,
    version bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    row_count bigint NOT NULL DEFAULT 0
);
CREATE TABLE ops.published_views (
    relation text PRIMARY KEY,
    built_from jsonb NOT NULL,
    row_count bigint NOT NULL,
    published_at timestamptz NOT NULL,
    published_anyway boolean NOT NULL DEFAULT false
);
