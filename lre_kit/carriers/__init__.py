"""How things travel: e-mail now; text message, paper and webhooks in their own rooms later."""
