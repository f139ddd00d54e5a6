-- name: relation_changed
-- In the transaction of the change: the version tells published views that they are behind.
INSERT INTO ops.relation_versions AS v (relation, version, changed_at, row_count)
VALUES (%(relation)s, 1, now(), %(grown_by)s)
ON CONFLICT (relation) DO UPDATE
SET version = v.version + 1, changed_at = now(), row_count = v.row_count + excluded.row_count

-- name: relation_versions
SELECT relation, version, row_count FROM ops.relation_versions WHERE relation = ANY(%(relations)s)

-- name: published_view
SELECT built_from, row_count FROM ops.published_views WHERE relation = %(relation)s

-- name: view_published
INSERT INTO ops.published_views AS p
    (relation, built_from, row_count, published_at, published_anyway)
VALUES (%(relation)s, %(built_from)s, %(row_count)s, now(), %(anyway)s)
ON CONFLICT (relation) DO UPDATE
SET built_from = excluded.built_from, row_count = excluded.row_count,
    published_at = excluded.published_at, published_anyway = excluded.published_anyway
