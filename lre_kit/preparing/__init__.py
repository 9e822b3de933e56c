"""Letters that one member of an organisation prepares, and another, who may, signs for or declines."""
