-- The days of the slate without figures kept game by game: count what the tables hold of each.
WITH item AS (
    SELECT game_id, count(*) AS items FROM espn.probabilities_raw_items GROUP BY game_id
), play AS (
    SELECT game_id, count(*) AS plays FROM espn.plays GROUP BY game_id
), candle AS (
    SELECT m.espn_event_id, count(*) AS candles
    FROM kalshi.markets AS m
    JOIN kalshi.candlesticks AS c ON c.ticker = m.ticker AND c.period_interval_min = 1
    GROUP BY m.espn_event_id
)
SELECT g.game_date, g.season_label, count(*) AS games,
    count(*) FILTER (WHERE g.status_completed) AS final,
    count(*) FILTER (WHERE item.items > 0) AS with_probabilities,
    count(*) FILTER (WHERE play.plays > 0) AS with_state,
    count(*) FILTER (WHERE candle.candles > 0) AS with_kalshi
FROM espn.scoreboard_games AS g
LEFT JOIN item ON item.game_id = g.competition_id
LEFT JOIN play ON play.game_id = g.competition_id
LEFT JOIN candle ON candle.espn_event_id = g.event_id
GROUP BY g.game_date, g.season_label
ORDER BY g.game_date DESC
LIMIT %(days)s
