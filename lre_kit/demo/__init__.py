"""The demonstration: letters that really travel, from deposit to verified proofs."""
