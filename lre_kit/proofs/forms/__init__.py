"""Byte forms that know no key and no database: DER, signed notes, the Merkle tree."""
