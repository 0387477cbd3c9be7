"""The command line. Every command but `serve` talks REST: to the running instance if there is
one, else to one that it starts for itself. So there is one path, and the API has a daily user.
"""
