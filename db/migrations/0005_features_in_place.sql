-- Features that change are updated in place. PostgreSQL can leave the indexes alone when a page has
-- room for the new row and no index speaks of a column that changed; the index over the rows out of
-- range spoke of every probability, and its gate reads the whole table in a tenth of a second.

DROP INDEX derived.snapshot_features_out_of_range;
ALTER TABLE derived.snapshot_features SET (fillfactor = 70);
