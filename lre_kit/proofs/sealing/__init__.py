"""Evidence records and their seals: JAdES, XAdES, CMS."""
