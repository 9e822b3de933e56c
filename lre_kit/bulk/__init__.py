"""Letters in bulk: one table of recipients, the same documents, a letter and proofs for each."""
