"""Words, phrases, clauses and sentences of English news text, by rules on word forms; there is no parser."""
