"""What a careless or hostile exhibit holds: broken files, bombs, links, devices, names that hurt.

Each thing is made on the disk itself and comes with what is right to say of it. Nothing here does harm by
being looked at with care: bombs are small until they are opened.
"""
