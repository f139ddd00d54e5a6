-- name: take_feed_turn
-- The next turn of a group, taken if it is due soon enough; and in how many seconds it is (was) due.
WITH turn AS (
    INSERT INTO ops.feed_turns AS t (feed_group, next_at)
    VALUES (%(group)s, clock_timestamp() + %(interval_s)s * interval '1 s')
    ON CONFLICT (feed_group) DO UPDATE
    SET next_at = greatest(t.next_at, clock_timestamp()) + %(interval_s)s * interval '1 s'
    WHERE t.next_at <= clock_timestamp() + %(within_s)s * interval '1 s'
    RETURNING next_at - %(interval_s)s * interval '1 s' AS due_at
)
SELECT greatest(0, extract(epoch FROM coalesce(
    (SELECT due_at FROM turn),
    (SELECT next_at FROM ops.feed_turns WHERE feed_group = %(group)s)) - clock_timestamp()))

-- name: hold_feed_turns
INSERT INTO ops.feed_turns AS t (feed_group, next_at)
VALUES (%(group)s, clock_timestamp() + %(wait_s)s * interval '1 s')
ON CONFLICT (feed_group) DO UPDATE SET next_at = greatest(t.next_at, excluded.next_at)

-- name: backfill_opened
INSERT INTO ops.backfills (seasons, lanes, most_games, force, trigger, phase, status)
VALUES (%(seasons)s, %(lanes)s, %(most_games)s, %(force)s, %(trigger)s, 'discover', 'running')
RETURNING backfill_id

-- name: backfill_as_asked
-- The one that was asked for in the same words and is not over.
SELECT backfill_id
FROM ops.backfills
WHERE status IN ('running', 'paused') AND seasons = %(seasons)s AND lanes = %(lanes)s
  AND most_games IS NOT DISTINCT FROM %(most_games)s AND force = %(force)s
ORDER BY backfill_id DESC
LIMIT 1

-- name: backfill_to_resume
-- That one; or, without a number, the last that is not over or had units that failed.
SELECT backfill_id
FROM ops.backfills
WHERE CASE WHEN %(backfill_id)s::bigint IS NULL THEN status <> 'done'
           ELSE backfill_id = %(backfill_id)s END
ORDER BY status IN ('running', 'paused') DESC, backfill_id DESC
LIMIT 1

-- name: backfill
SELECT backfill_id, seasons, lanes, most_games, force, phase, status, coalesce(reason, '') AS reason
FROM ops.backfills
WHERE backfill_id = %(backfill_id)s

-- name: lock_backfill
-- Whoever changes the course of a backfill has its row meanwhile.
SELECT phase, status FROM ops.backfills WHERE backfill_id = %(backfill_id)s FOR UPDATE

-- name: running_backfills
SELECT backfill_id FROM ops.backfills WHERE status = 'running' ORDER BY backfill_id

-- name: backfill_paused
-- worked_s counts the time up to now, for what follows begins anew.
UPDATE ops.backfills
SET status = 'paused', reason = %(reason)s,
    worked_s = worked_s + extract(epoch FROM now() - resumed_at)
WHERE backfill_id = %(backfill_id)s AND status = 'running'
RETURNING backfill_id

-- name: backfill_resumed
-- One that nobody paused was left by a kill: it worked until its last unit was done.
UPDATE ops.backfills AS b
SET status = 'running', reason = NULL, finished_at = NULL, resumed_at = now(),
    phase = %(phase)s,
    worked_s = worked_s + CASE WHEN status = 'running' THEN coalesce(
        (SELECT greatest(0, extract(epoch FROM max(u.finished_at) - b.resumed_at))
         FROM ops.backfill_units AS u WHERE u.backfill_id = b.backfill_id), 0) ELSE 0 END
WHERE backfill_id = %(backfill_id)s

-- name: backfill_phase
UPDATE ops.backfills SET phase = %(phase)s WHERE backfill_id = %(backfill_id)s

-- name: backfill_over
UPDATE ops.backfills AS b
SET phase = 'over', finished_at = now(),
    worked_s = worked_s + extract(epoch FROM now() - resumed_at),
    (status, reason) = (
        SELECT CASE WHEN count(*) = 0 THEN 'done' ELSE 'failed' END,
            CASE WHEN count(*) > 0 THEN count(*) || ' could not be had' END
        FROM ops.backfill_units AS u
        WHERE u.backfill_id = b.backfill_id AND u.status = 'failed')
WHERE backfill_id = %(backfill_id)s AND status = 'running'

-- name: refreshes_left_by_killed_workers
-- At the end of a backfill, if no other runs: nobody writes what still says that it is written.
UPDATE ops.refresh_log
SET status = 'failed', finished_at = now(), error = 'interrupted'
WHERE status = 'running' AND run_id IS NULL AND triggered_by = 'backfill'
  AND NOT EXISTS (SELECT FROM ops.backfills WHERE status = 'running')

-- name: backfill_counted
-- What a job did, added to what was done.
UPDATE ops.backfills
SET requests = requests + %(requests)s, bytes_fetched = bytes_fetched + %(bytes_fetched)s,
    rows_loaded = rows_loaded + %(rows_loaded)s, load_s = load_s + %(load_s)s,
    rows_derived = rows_derived + %(rows_derived)s, derive_s = derive_s + %(derive_s)s
WHERE backfill_id = %(backfill_id)s

-- name: units_found
-- Tells which of them are new. Where `most` is given a stage has no more, those on record counted.
INSERT INTO ops.backfill_units (backfill_id, stage, unit_key, day)
SELECT %(backfill_id)s, %(stage)s, f.unit_key, f.day
FROM unnest(%(keys)s::text[], %(days)s::date[]) WITH ORDINALITY AS f (unit_key, day, place)
WHERE NOT EXISTS (
    SELECT FROM ops.backfill_units AS u
    WHERE u.backfill_id = %(backfill_id)s AND u.stage = %(stage)s AND u.unit_key = f.unit_key)
ORDER BY f.place
LIMIT %(most)s::bigint - (
    SELECT least(count(*), %(most)s::bigint) FROM ops.backfill_units
    WHERE backfill_id = %(backfill_id)s AND stage = %(stage)s)
ON CONFLICT DO NOTHING
RETURNING unit_key

-- name: units_underway
-- Those of them that are still to be done, in the order given.
WITH taken AS (
    UPDATE ops.backfill_units
    SET status = 'underway', worker = %(worker)s
    WHERE backfill_id = %(backfill_id)s AND stage = %(stage)s AND unit_key = ANY(%(keys)s)
      AND status IN ('waiting', 'underway')
    RETURNING unit_key
)
SELECT unit_key FROM taken ORDER BY array_position(%(keys)s, unit_key)

-- name: units_done
UPDATE ops.backfill_units
SET status = 'done', reason = NULL, worker = %(worker)s, finished_at = now()
WHERE backfill_id = %(backfill_id)s AND stage = %(stage)s AND unit_key = ANY(%(keys)s)

-- name: units_waiting
UPDATE ops.backfill_units
SET status = 'waiting'
WHERE backfill_id = %(backfill_id)s AND stage = %(stage)s AND unit_key = ANY(%(keys)s)
  AND status = 'underway'

-- name: units_troubled
-- They wait for another attempt, or have had their last. What others brought meanwhile stays so: a
-- worker that was taken for dead may come back late.
UPDATE ops.backfill_units AS u
SET attempts = attempts + 1, reason = t.reason, worker = %(worker)s,
    status = CASE WHEN attempts + 1 >= %(most_attempts)s THEN 'failed' ELSE 'waiting' END,
    finished_at = CASE WHEN attempts + 1 >= %(most_attempts)s THEN now() END
FROM unnest(%(keys)s::text[], %(reasons)s::text[]) AS t (unit_key, reason)
WHERE u.backfill_id = %(backfill_id)s AND u.stage = %(stage)s AND u.unit_key = t.unit_key
  AND u.status IN ('waiting', 'underway')
RETURNING u.unit_key, u.attempts, u.status = 'failed' AS is_failed

-- name: units_of_dead_jobs
-- The worker ended so often while at them that it is to be taken for their fault.
UPDATE ops.backfill_units
SET status = 'failed', reason = %(reason)s, finished_at = now()
WHERE backfill_id = %(backfill_id)s AND stage = %(stage)s AND unit_key = ANY(%(keys)s)
  AND status IN ('waiting', 'underway')

-- name: failed_units_again
UPDATE ops.backfill_units
SET status = 'waiting', attempts = 0, finished_at = NULL
WHERE backfill_id = %(backfill_id)s AND status = 'failed'
RETURNING stage

-- name: open_units
SELECT stage, unit_key
FROM ops.backfill_units
WHERE backfill_id = %(backfill_id)s AND status IN ('waiting', 'underway')
ORDER BY stage, day NULLS FIRST, unit_key

-- name: count_open_units
SELECT count(*)
FROM ops.backfill_units
WHERE backfill_id = %(backfill_id)s AND status IN ('waiting', 'underway')

-- name: tell_backfill
-- To every window and terminal that shows it.
SELECT pg_notify('nbapanel_backfills', %(backfill_id)s::text)

-- name: tickers_of_events
SELECT ticker FROM kalshi.markets WHERE event_ticker = ANY(%(events)s)

-- name: marked_for_derivation
-- The most games that wait for one derived relation.
SELECT coalesce(max(games), 0)
FROM (SELECT count(*) AS games FROM ops.game_changes GROUP BY dataset) AS waiting

-- name: payloads_not_loaded
-- Why the newest payload of each of these keys is not in the tables. One that could not be loaded
-- and was followed by another does not matter any more.
SELECT source_key, min(coalesce(load_error, 'It came, and was not loaded.'))
FROM (
    SELECT DISTINCT ON (source_type, source_key) source_key, loaded_at, load_error
    FROM ops.source_files
    WHERE source_type = ANY(%(source_types)s) AND source_key = ANY(%(keys)s)
    ORDER BY source_type, source_key, checked_at DESC
) AS newest
WHERE loaded_at IS NULL
GROUP BY source_key

-- name: games_of_days
-- Games of ESPN that were played to their end, by the US Eastern day that they count to.
SELECT competition_id, event_id, game_date
FROM espn.scoreboard_games
WHERE status_completed AND game_date BETWEEN %(first)s AND %(last)s
ORDER BY game_date, event_date, event_id

-- name: events_of_games
SELECT competition_id, event_id FROM espn.scoreboard_games WHERE competition_id = ANY(%(games)s)

-- name: backfills
-- The last backfills, newest first, with how far they are; one of them, where its number is given.
-- What was done lately is counted for the pace: in the last minute, or since it goes on.
-- One that is running and has nobody at it was left by a kill: it worked until its last unit.
SELECT
    b.backfill_id, b.seasons, b.lanes, b.most_games, b.force, b.trigger, b.phase, b.status,
    coalesce(b.reason, '') AS reason, b.started_at, b.finished_at, a.is_attended,
    b.worked_s + CASE WHEN b.status = 'running'
        THEN extract(epoch FROM
            CASE WHEN a.is_attended THEN now() ELSE greatest(b.resumed_at, u.last_at) END
            - b.resumed_at)
        ELSE 0 END::double precision AS worked_s,
    b.requests, b.bytes_fetched, b.rows_loaded, b.load_s, b.rows_derived, b.derive_s,
    u.units, u.done, u.failed, u.underway, u.workers,
    u.lately, least(60, extract(epoch FROM now() - b.resumed_at))::double precision AS lately_s
FROM ops.backfills AS b
CROSS JOIN LATERAL (
    SELECT
        count(*) AS units,
        count(*) FILTER (WHERE status = 'done') AS done,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        count(*) FILTER (WHERE status = 'underway') AS underway,
        count(*) FILTER (WHERE finished_at > greatest(b.resumed_at, now() - interval '1 min'))
            AS lately,
        max(finished_at) AS last_at,
        coalesce(array_agg(DISTINCT worker) FILTER (WHERE status = 'underway'), '{}') AS workers
    FROM ops.backfill_units WHERE backfill_id = b.backfill_id
) AS u
CROSS JOIN (
    -- A worker's own connection to the queue, which ends with it.
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'nbapanel backfill queue'
    ) AS is_attended
) AS a
WHERE %(backfill_id)s::bigint IS NULL OR b.backfill_id = %(backfill_id)s
ORDER BY b.backfill_id DESC
LIMIT %(limit)s

-- name: backfill_stages
SELECT stage,
    count(*) AS units,
    count(*) FILTER (WHERE status = 'done') AS done,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'underway') AS underway
FROM ops.backfill_units
WHERE backfill_id = %(backfill_id)s
GROUP BY stage
ORDER BY stage

-- name: backfill_days
-- By day, its games in all lanes (the days themselves, where no game is known yet).
SELECT day,
    count(*) AS units,
    count(*) FILTER (WHERE status = 'done') AS done,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'underway') AS underway
FROM ops.backfill_units
WHERE backfill_id = %(backfill_id)s AND day IS NOT NULL
  AND stage = ANY(%(stages)s)
GROUP BY day
ORDER BY day

-- name: backfill_failures
-- What could not be had, or did not come at once and is tried again.
SELECT stage, unit_key AS key, day, status, attempts, coalesce(reason, '') AS reason,
    coalesce(worker, '') AS worker
FROM ops.backfill_units
WHERE backfill_id = %(backfill_id)s AND reason IS NOT NULL
ORDER BY status = 'failed' DESC, day, unit_key

-- name: backfill_report
-- attempts: with the one that did it; on record are those that did not.
SELECT stage, unit_key AS key, day, status, attempts + (status = 'done')::integer AS attempts,
    reason, worker, finished_at
FROM ops.backfill_units
WHERE backfill_id = %(backfill_id)s
ORDER BY stage, day NULLS FIRST, unit_key

-- name: pause_backfills
-- All that run, or that one; the workers hear of it within a second.
UPDATE ops.backfills
SET status = 'paused', reason = %(reason)s,
    worked_s = worked_s + extract(epoch FROM now() - resumed_at)
WHERE status = 'running' AND (%(backfill_id)s::bigint IS NULL OR backfill_id = %(backfill_id)s)
RETURNING backfill_id, pg_notify('nbapanel_backfills', backfill_id::text)

-- name: nba_games_by_day
SELECT game_id, game_date
FROM nba.games
WHERE season_label = %(season)s
ORDER BY game_date, game_time_utc, game_id

-- name: unloaded_keys
SELECT DISTINCT source_key
FROM ops.source_files
WHERE source_type = %(source_type)s AND loaded_at IS NULL
