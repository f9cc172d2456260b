"""What templates are given, and what fills them.

Doors: `views` (plain values), `parts` (our templates in the theme's environment).
"""
