-- name: run_opened
INSERT INTO ops.pipeline_runs
    (kind, trigger, steps, settings, started_at, status, app_version, host, pid, resumes)
VALUES (%(kind)s, %(trigger)s, %(steps)s, %(settings)s, now(), 'running', %(app_version)s,
    %(host)s, %(pid)s, %(resumes)s)
RETURNING run_id

-- name: run_closed
UPDATE ops.pipeline_runs
SET status = %(status)s, finished_at = now(), error = %(error)s, duration_ms = %(duration_ms)s
WHERE run_id = %(run_id)s

-- name: step_opened
INSERT INTO ops.step_runs (run_id, step, attempt, status, started_at)
VALUES (%(run_id)s, %(step)s, %(attempt)s, 'running', now())

-- name: step_closed
INSERT INTO ops.step_runs AS s (
    run_id, step, attempt, status, reason, finished_at, duration_ms, requests, bytes_fetched,
    bad_items, detail, error, hint, changes)
VALUES (
    %(run_id)s, %(step)s, %(attempt)s, %(status)s, %(reason)s, now(), %(duration_ms)s,
    %(requests)s, %(bytes_fetched)s, %(bad_items)s, %(detail)s, %(error)s, %(hint)s, %(changes)s)
ON CONFLICT (run_id, step, attempt) DO UPDATE
SET status = excluded.status, reason = excluded.reason, finished_at = excluded.finished_at,
    duration_ms = excluded.duration_ms, requests = excluded.requests,
    bytes_fetched = excluded.bytes_fetched, bad_items = excluded.bad_items,
    detail = excluded.detail, error = excluded.error, hint = excluded.hint,
    changes = excluded.changes

-- name: refresh_opened
INSERT INTO ops.refresh_log (
    run_id, step, relation, kind, strategy, triggered_by, started_at, rows_before, status,
    threshold_ms)
VALUES (
    %(run_id)s, %(step)s, %(relation)s, %(kind)s, %(strategy)s, %(triggered_by)s, now(),
    %(rows_before)s, 'running', %(threshold_ms)s)
RETURNING refresh_id

-- name: refresh_closed
UPDATE ops.refresh_log
SET status = %(status)s, finished_at = now(), duration_ms = %(duration_ms)s,
    rows_after = %(rows_after)s, inserted = %(inserted)s, updated = %(updated)s,
    unchanged = %(unchanged)s, deleted = %(deleted)s, error = %(error)s,
    size_bytes = pg_total_relation_size(relation::regclass)
WHERE refresh_id = %(refresh_id)s

-- name: interrupt_runs
-- Whoever holds the lock knows that nobody else runs: what still says so was killed.
WITH runs AS (
    UPDATE ops.pipeline_runs
    SET status = 'interrupted', finished_at = now(), error = 'the process ended without a word'
    WHERE status = 'running'
    RETURNING run_id
), steps AS (
    UPDATE ops.step_runs
    SET status = 'interrupted', finished_at = now()
    WHERE status = 'running'
    RETURNING run_id
), refreshes AS (
    UPDATE ops.refresh_log
    SET status = 'failed', finished_at = now(), error = 'interrupted'
    WHERE status = 'running'
    RETURNING refresh_id
)
SELECT run_id FROM runs ORDER BY run_id

-- name: lock_holder
-- The run that has the lock. A backfill's workers share it, and are no run.
SELECT r.run_id, r.kind, r.trigger, r.host, r.pid, r.started_at, a.backend_start
FROM pg_locks AS l
JOIN pg_stat_activity AS a ON a.pid = l.pid
LEFT JOIN LATERAL (
    SELECT * FROM ops.pipeline_runs WHERE status = 'running' ORDER BY run_id DESC LIMIT 1
) AS r ON true
WHERE l.locktype = 'advisory' AND l.granted AND l.mode = 'ExclusiveLock'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = 0 AND l.objid = %(key)s
LIMIT 1

-- name: step_history
-- Durations of the last good attempts of each step, oldest first, for estimates.
SELECT step, duration_ms / 1000.0 AS seconds
FROM (
    SELECT step, duration_ms,
        row_number() OVER (PARTITION BY step ORDER BY finished_at DESC) AS age
    FROM ops.step_runs
    WHERE status = 'done' AND duration_ms IS NOT NULL AND step = ANY(%(steps)s)
) AS ranked
WHERE age <= 20
ORDER BY step, age DESC

-- name: last_unfinished_run
SELECT r.run_id, r.kind, r.steps, r.settings, r.status, r.started_at
FROM ops.pipeline_runs AS r
WHERE r.run_id = (SELECT max(run_id) FROM ops.pipeline_runs)
  AND r.status <> 'done'

-- name: steps_of_run
SELECT DISTINCT ON (step) step, status
FROM ops.step_runs WHERE run_id = %(run_id)s
ORDER BY step, attempt DESC
