-- name: forget_runs
-- Runs that began so long ago, with their steps and their refreshes. Never one that runs, never
-- one of the last so many, and none that holds a step's last attempt or last success: what is
-- still owed, and since when data is as it is, is not forgotten.
WITH kept AS (
    (SELECT run_id FROM ops.pipeline_runs ORDER BY run_id DESC LIMIT %(keep)s)
    UNION
    (SELECT DISTINCT ON (step) run_id FROM ops.step_runs ORDER BY step, run_id DESC, attempt DESC)
    UNION
    (SELECT DISTINCT ON (step) run_id FROM ops.step_runs
     WHERE status IN ('done', 'skipped') ORDER BY step, finished_at DESC)
    UNION
    (SELECT DISTINCT ON (step) run_id FROM ops.step_runs
     WHERE status = 'done' ORDER BY step, finished_at DESC)
), old AS (
    SELECT run_id FROM ops.pipeline_runs
    WHERE status <> 'running' AND started_at < now() - make_interval(days => %(days)s)
      AND run_id NOT IN (SELECT run_id FROM kept)
), refreshes AS (
    DELETE FROM ops.refresh_log AS l
    WHERE l.run_id IN (SELECT run_id FROM old)
       OR (l.run_id IS NULL AND l.started_at < now() - make_interval(days => %(days)s))
)
DELETE FROM ops.pipeline_runs WHERE run_id IN (SELECT run_id FROM old)
