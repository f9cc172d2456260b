"""What templates are given, and what fills them.

The doors: `views` (plain values), `parts` (our templates in the theme's environment).
"""
