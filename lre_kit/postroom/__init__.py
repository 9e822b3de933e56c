"""The post room: letters printed, put into batches, handed to a carrier, followed to their end."""
