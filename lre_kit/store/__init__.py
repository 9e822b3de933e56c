"""Storage: database, migrations, content, encryption of content, agenda."""
