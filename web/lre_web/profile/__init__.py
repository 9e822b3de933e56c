"""The pages of a person's own data: addresses, means, orders, mandates, organisations."""
