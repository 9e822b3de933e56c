"""The pages of senders: letters, drafts, bulk, contacts, consents, keys, webhooks."""
