"""What all pages share: guard, menu, cookies, filters, words of errors, who is there."""
