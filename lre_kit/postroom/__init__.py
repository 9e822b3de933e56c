"""The post room: letters printed, put into batches, handed to a carrier, followed until they come to an end."""
