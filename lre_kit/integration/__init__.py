"""How other programs meet the office: keys of the API, answers kept for those who ask again."""
