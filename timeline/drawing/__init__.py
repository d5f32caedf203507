"""Where the lines of the pictures lie: plain functions from records' facts to the geometry that templates draw.

Nothing here asks the database, and nothing here knows a colour: shapes carry classes, which the style sheets paint.
"""
