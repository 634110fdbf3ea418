"""Who is who: the names in an article, whom short forms, descriptions and pronouns mean."""
