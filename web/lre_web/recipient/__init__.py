"""The pages of recipients, of letters and of requests for consent."""
