"""The content of each page, read as the commands read it.

Each function returns what a template needs: of a part alone, or of a page with those of its parts
that it has from the start.
"""
