"""The store: SQLAlchemy Core on SQLite or PostgreSQL. The only package that knows SQL."""
