"""Address books of senders: entries, groups to send to, tables in and out, twins that are proposed."""
