-- Which games a run changed, and what the history and the charts are read by.

CREATE TABLE ops.run_games (
    run_id bigint NOT NULL REFERENCES ops.pipeline_runs (run_id) ON DELETE CASCADE,
    game_id text NOT NULL,
    PRIMARY KEY (run_id, game_id)
);
COMMENT ON TABLE ops.run_games IS
    'Games that a run marked to be derived again, because it changed what they are made of.';

CREATE INDEX refresh_log_run ON ops.refresh_log (run_id);
CREATE INDEX refresh_log_started ON ops.refresh_log (started_at);
CREATE INDEX step_runs_newest ON ops.step_runs (step, run_id DESC, attempt DESC);

-- A run may be forgotten though a later one resumed it.
ALTER TABLE ops.pipeline_runs
    DROP CONSTRAINT pipeline_runs_resumes_fkey,
    ADD CONSTRAINT pipeline_runs_resumes_fkey
        FOREIGN KEY (resumes) REFERENCES ops.pipeline_runs (run_id) ON DELETE SET NULL;
CREATE INDEX pipeline_runs_resumes ON ops.pipeline_runs (resumes) WHERE resumes IS NOT NULL;
