"""Ways of handing a batch over: a folder, SFTP, a print provider's HTTP API."""
