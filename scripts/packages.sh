#!/bin/sh
# Installs the Debian packages listed in the file $1 where apt is there and permitted; says what is lost where not.
missing=""
for name in $(cat "$1"); do
  dpkg -s "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
apt=""
if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then apt="apt-get"; elif sudo -n true 2>/dev/null; then apt="sudo -n apt-get"; fi
fi
if [ -n "$apt" ] && { $apt install -y -qq $missing >/dev/null 2>&1 ||
    { $apt update -qq >/dev/null 2>&1 && $apt install -y -qq $missing >/dev/null 2>&1; }; }; then
  exit 0
fi
echo "Could not install:$missing (no apt, or not permitted). Earworm goes on without:" >&2
case "$missing" in *fluid*|*soundfont*) echo "  sampled instruments: Earworm's own synthesisers play every part." >&2;; esac
case "$missing" in *chromium*) echo "  browser tests: they are skipped." >&2;; esac
exit 0
