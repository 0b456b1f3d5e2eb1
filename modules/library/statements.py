"""All SQL of the library. `MIGRATIONS[n]` brings a database from `user_version` n to n + 1."""

from __future__ import annotations

MIGRATIONS = ("""
CREATE TABLE IF NOT EXISTS takes (
    id INTEGER PRIMARY KEY,
    take TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    made_at REAL NOT NULL,
    title TEXT NOT NULL,
    seed INTEGER NOT NULL,
    tempo_bpm REAL NOT NULL,
    key TEXT NOT NULL,
    style TEXT NOT NULL,
    starred INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL,
    labels TEXT NOT NULL,
    made TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS takes_of_owner ON takes (owner, made_at);
CREATE INDEX IF NOT EXISTS takes_by_age ON takes (starred, made_at);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE IF NOT EXISTS votes (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    voted_at REAL NOT NULL,
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('one', 'other', 'tie', 'bad')),
    blind INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS votes_of_owner ON votes (owner, id);
CREATE TABLE IF NOT EXISTS shared (token TEXT PRIMARY KEY, take TEXT NOT NULL UNIQUE);
""",)

_COLUMNS = "take, run, number, made_at, title, seed, tempo_bpm, key, style, starred, size, labels, made"
ADD = ("INSERT INTO takes (take, owner, run, number, made_at, title, seed, tempo_bpm, key, style, starred, size, "
       "labels, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
ADD_WORDS = "INSERT INTO words (rowid, text) VALUES (?, ?)"
ONE = f"SELECT {_COLUMNS} FROM takes WHERE owner = ? AND take = ?"
NEWEST = (f"SELECT {_COLUMNS} FROM takes WHERE owner = ? AND starred >= ? ORDER BY made_at DESC, id DESC "
          "LIMIT ? OFFSET ?")
FOUND = (f"SELECT {_COLUMNS} FROM takes WHERE owner = ? AND starred >= ? AND id IN (SELECT rowid FROM words WHERE text "
         "MATCH ?) ORDER BY made_at DESC, id DESC LIMIT ? OFFSET ?")
IDS = "SELECT take FROM takes"
ANYONES = "SELECT 1 FROM takes WHERE take = ?"
USED = "SELECT count(*), coalesce(sum(size), 0), coalesce(sum(starred), 0) FROM takes WHERE owner = ?"
USED_BY_ALL = "SELECT coalesce(sum(size), 0) FROM takes"
STARRED = "SELECT take FROM takes WHERE owner = ? AND starred = 1"
STAR = "UPDATE takes SET starred = ? WHERE owner = ? AND take = ?"
OLDEST = "SELECT take FROM takes WHERE starred = 0 ORDER BY made_at, id LIMIT 1"
OLDEST_OF_OWNER = "SELECT take FROM takes WHERE starred = 0 AND owner = ? ORDER BY made_at, id LIMIT 1"
DROP_WORDS = "DELETE FROM words WHERE rowid = (SELECT id FROM takes WHERE take = ?)"
DROP_SHARED = "DELETE FROM shared WHERE take = ?"
DROP = "DELETE FROM takes WHERE take = ?"
WORDS_OF = "SELECT text FROM words WHERE rowid = (SELECT id FROM takes WHERE take = ?)"
SHARE = "INSERT OR IGNORE INTO shared (token, take) VALUES (?, ?)"
TOKEN = "SELECT token FROM shared WHERE take = ?"
SHARED = f"SELECT {_COLUMNS} FROM takes WHERE take = (SELECT take FROM shared WHERE token = ?)"
VOTE = "INSERT INTO votes (owner, voted_at, one, other, outcome, blind) VALUES (?, ?, ?, ?, ?, ?)"
VOTES = "SELECT voted_at, one, other, outcome, blind FROM votes WHERE owner = ? ORDER BY id"
FORGET_OLD_VOTES = ("DELETE FROM votes WHERE owner = ? AND id <= (SELECT id FROM votes WHERE owner = ? "
                    "ORDER BY id DESC LIMIT 1 OFFSET ?)")
FORGET_VOTES = "DELETE FROM votes WHERE owner = ?"
