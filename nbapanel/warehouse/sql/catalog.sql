-- name: catalog
-- Definitions are left out where versions of PostgreSQL word them differently.
WITH warehouse AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('ops', 'espn', 'kalshi', 'nba', 'derived')
)
SELECT 'column ' || s.nspname || '.' || c.relname || '.' || a.attname || ' '
    || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
FROM warehouse AS s
JOIN pg_class AS c ON c.relnamespace = s.oid AND c.relkind IN ('r', 'p', 'v', 'm')
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'index ' || s.nspname || '.' || c.relname || ' on ' || t.relname || ' ('
    || (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n)
        FROM generate_series(1, i.indnatts) AS n)
    || ')' || CASE WHEN i.indisunique THEN ' unique' ELSE '' END
    || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END
FROM warehouse AS s
JOIN pg_class AS c ON c.relnamespace = s.oid
JOIN pg_index AS i ON i.indexrelid = c.oid AND i.indisvalid
JOIN pg_class AS t ON t.oid = i.indrelid
UNION ALL
SELECT 'constraint ' || s.nspname || '.' || t.relname || '.' || k.conname
FROM warehouse AS s
JOIN pg_constraint AS k ON k.connamespace = s.oid AND k.contype IN ('c', 'f', 'p', 'u')
JOIN pg_class AS t ON t.oid = k.conrelid
UNION ALL
SELECT 'function ' || s.nspname || '.' || p.proname || '('
    || pg_get_function_identity_arguments(p.oid) || ')'
FROM warehouse AS s
JOIN pg_proc AS p ON p.pronamespace = s.oid
