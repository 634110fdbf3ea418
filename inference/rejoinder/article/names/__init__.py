"""Names in an article, and the names that short forms, descriptions and pronouns refer to."""
