"""The warehouse: its PostgreSQL, migrations, loads and journal. No network and no screen."""
