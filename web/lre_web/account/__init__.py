"""The pages of who has an account with this site: entering, security, sessions."""
