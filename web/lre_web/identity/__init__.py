"""The pages by which people show who they are, and those on which operators look."""
