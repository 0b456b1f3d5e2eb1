"""What was made and is kept: takes with their recipes, stars, votes and shared links, in SQLite with files beside it.

Every row belongs to one owner, who is known by a secret token of the browser; only the token's hash is written down,
and nothing of one owner is ever given to another. Sizes are bytes, times are seconds since 1970. Refuses to know how
takes are made, shown or judged: it copies files in, finds them again, and lets the oldest unstarred go when room is
short.
"""
