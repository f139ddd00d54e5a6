-- name: exportable_relations
-- Every table and view of these schemas, its columns with their types, and a key to order it by.
SELECT
    n.nspname AS schema,
    c.relname AS name,
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind,
    c.relispopulated AS is_populated,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS description,
    columns.names,
    columns.types,
    coalesce(key.names, '{}') AS key
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT
        array_agg(a.attname::text ORDER BY a.attnum) AS names,
        array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types
    FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) AS columns
LEFT JOIN LATERAL (
    SELECT (
        SELECT array_agg(a.attname::text ORDER BY place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
    ) AS names
    FROM pg_index AS i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
      AND i.indpred IS NULL AND i.indexprs IS NULL
    ORDER BY i.indisprimary DESC, i.indexrelid
    LIMIT 1
) AS key ON true
WHERE n.nspname = ANY (%(schemas)s::text[])
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT c.relispartition
  AND columns.names IS NOT NULL
ORDER BY n.nspname, c.relname

-- name: types_in_words
-- Types by number, with their lengths and scales, as format_type calls them.
SELECT format_type(t.type, t.modifier)
FROM unnest(%(types)s::oid[], %(modifiers)s::int[]) WITH ORDINALITY AS t (type, modifier, place)
ORDER BY t.place

-- name: games_to_export
-- All ids, ESPN's and the league's, of each of these games, or of each game of these seasons.
WITH known AS (
    SELECT
        array_remove(
            ARRAY[m.nba_game_id, n.game_id, m.espn_event_id, e.event_id, e.competition_id], NULL
        ) AS ids,
        ARRAY[n.season_label, e.season_label] AS seasons
    FROM derived.game_map AS m
    FULL JOIN espn.scoreboard_games AS e ON e.event_id = m.espn_event_id
    FULL JOIN nba.games AS n ON n.game_id = m.nba_game_id
)
SELECT ids
FROM known
WHERE (%(games)s::text[] IS NULL OR ids && %(games)s)
  AND (%(seasons)s::text[] IS NULL OR seasons && %(seasons)s)

-- name: seasons_to_export
SELECT season_label FROM espn.scoreboard_games
UNION
SELECT season_label FROM nba.games
ORDER BY season_label DESC

-- name: export_provenance
-- What a file was made from, and of which moment.
SELECT
    now() AS at,
    (SELECT max(version) FROM ops.schema_migrations) AS schema_version,
    (SELECT value FROM ops.warehouse WHERE key = 'feeds') AS feeds
