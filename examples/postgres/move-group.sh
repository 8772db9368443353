#!/usr/bin/env bash
# Moves a group with its devices and records into another of the territory's databases, while all nodes are stopped.
#
#   move-group.sh GROUP DEVICES HOME FROM TO NAME
#
# DEVICES is a file with the DevEUIs of the group, one a line. HOME, FROM and TO are the addresses of the home database, of
# the one that has the group, and of the one that is to have it; NAME is the name of the last one in the settings.
#
# Until the place of the group is changed, in one transaction of the home database, the group is where it was; from then on
# it is where it is to be. Where the script was ended in between, run it again, with the same arguments.
set -euo pipefail

if [ $# -ne 6 ]; then
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
group=$1 devices=$2 home=$3 from=$4 to=$5 name=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "move-group: $*" >&2
    exit 1
}

# Runs statements of standard input in a database, in one transaction.
sql() {
    psql -X -q -t -A -v ON_ERROR_STOP=1 --single-transaction -d "$1" -f -
}

[[ $group =~ ^[a-z0-9][a-z0-9._-]*$ ]] || fail "$group is no name of a group"
[[ $name =~ ^[a-z0-9][a-z0-9-]*$ ]] || fail "$name is no name of a database"
tr 'A-F' 'a-f' <"$devices" | sort -u >"$work/devices"
! grep -Evq '^[0-9a-f]{16}$' "$work/devices" || fail "$devices has a line that is no DevEUI"

# A node that starts takes this lock too, and so waits until the move is over.
coproc LOCK { psql -X -q -t -A -v ON_ERROR_STOP=1 -d "$home"; }
echo "SELECT pg_advisory_lock(x'6368616d706f6c6c'::bigint); SELECT 'locked';" >&"${LOCK[1]}"
while read -r -t 30 line <&"${LOCK[0]}" && [ "$line" != locked ]; do :; done
[ "${line:-}" = locked ] || fail "a node is starting, or another group is being moved"

others="SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend';"
prepared="SELECT count(*) FROM pg_prepared_xacts WHERE gid LIKE 'champollion/%'
    AND database = current_database();"
own="SELECT convert_from(value, 'UTF8')::json ->> 'name' FROM kv WHERE tab = 'databases' AND key = 'own';"
for database in "$home" "$from" "$to"; do
    # The one that holds the lock is among those of the home database.
    allowed=$([ "$database" = "$home" ] && echo 1 || echo 0)
    for attempt in 1 2 3 4 5 last; do
        [ "$(sql "$database" <<<"$others")" -gt "$allowed" ] || break
        # Connections of a node that was just stopped go away.
        [ "$attempt" != last ] || fail "somebody is connected to ${database##*@}: stop all nodes"
        sleep 1
    done
    [ "$(sql "$database" <<<"$prepared")" = 0 ] || fail "a batch was cut: start a node, and stop it after ten seconds"
done
source=$(sql "$from" <<<"$own")
[ "$(sql "$to" <<<"$own")" = "$name" ] || fail "${to##*@} is not the database $name"
[ "$source" != "$name" ] || fail "the group is to be moved from one database into another"
place="SELECT convert_from(value, 'UTF8') FROM kv WHERE tab = 'group-places' AND key = convert_to('$group', 'UTF8');"
placed=$(sql "$home" <<<"$place")
[ "$placed" = "$source" ] || [ "$placed" = "$name" ] || fail "the group $group lies in the database '$placed'"

# Rows and logs of the group and its devices, as the server has them: rules.rs of the store says which they are.
{
    echo "CREATE TEMPORARY TABLE device (eui text);"
    echo "COPY device FROM stdin;"
    cat "$work/devices"
    echo "\\."
    cat <<SQL
CREATE TEMPORARY VIEW rows AS SELECT tab, key, value FROM kv WHERE value IS NOT NULL AND (
    tab IN ('devices', 'sessions', 'joined', 'joins', 'reports', 'decoder-states', 'derived-states', 'alert-states')
        AND lower(encode(key, 'escape')) IN (SELECT eui FROM device)
    OR tab = 'alert-states' AND starts_with(encode(key, 'escape'), 'route:$group/')
    OR tab IN ('alerts', 'open-alerts', 'route-standings', 'route-files', 'route-measurements', 'inboxes',
        'inboxes-expired') AND split_part(encode(key, 'escape'), '/', 1) = '$group');
CREATE TEMPORARY VIEW own AS SELECT * FROM logs WHERE name IN ('records/$group', 'events/$group');
SQL
} >"$work/parts"

elsewhere="SELECT count(*) FROM device LEFT JOIN kv ON tab = 'device-places' AND key = convert_to(eui, 'UTF8')
    WHERE value IS NULL OR value NOT IN (convert_to('$source', 'UTF8'), convert_to('$name', 'UTF8'));"
[ "$({ cat "$work/parts"; echo "$elsewhere"; } | sql "$home")" = 0 ] || fail "$devices names devices that are not in $source"

# What a database has of the group, as text.
told() {
    {
        cat "$work/parts"
        cat <<'SQL'
COPY (SELECT tab, key, value FROM rows ORDER BY tab, key) TO stdout;
COPY (SELECT name, truncated, last FROM own ORDER BY name) TO stdout;
COPY (SELECT own.name, entries.first, entries.last, entries.chunk FROM own JOIN entries ON entries.log = own.id
    ORDER BY own.name, entries.last) TO stdout;
SQL
    } | sql "$1"
}

# Removes what a database has of the group.
clear() {
    {
        cat "$work/parts"
        cat <<'SQL'
DELETE FROM entries WHERE log IN (SELECT id FROM own);
DELETE FROM logs WHERE id IN (SELECT id FROM own);
DELETE FROM kv USING rows WHERE kv.tab = rows.tab AND kv.key = rows.key;
SQL
    } | sql "$1"
}

if [ "$placed" = "$source" ]; then
    told "$from" >"$work/before"
    clear "$to"
    # The three parts of the text, each into the table that it is of.
    {
        echo "CREATE TEMPORARY TABLE copied (name text, first bigint, last bigint, chunk bytea);"
        echo "COPY kv (tab, key, value) FROM stdin;"
        { cat "$work/parts"; echo "COPY (SELECT tab, key, value FROM rows) TO stdout;"; } | sql "$from"
        echo "\\."
        echo "COPY logs (name, truncated, last) FROM stdin;"
        { cat "$work/parts"; echo "COPY (SELECT name, truncated, last FROM own) TO stdout;"; } | sql "$from"
        echo "\\."
        echo "COPY copied FROM stdin;"
        {
            cat "$work/parts"
            echo "COPY (SELECT own.name, first, entries.last, chunk FROM own JOIN entries ON log = own.id) TO stdout;"
        } | sql "$from"
        echo "\\."
        echo "INSERT INTO entries (log, first, last, chunk)
            SELECT logs.id, first, copied.last, chunk FROM copied JOIN logs USING (name);"
    } >"$work/copy"
    sql "$to" <"$work/copy"
    told "$to" >"$work/after"
    cmp -s "$work/before" "$work/after" || fail "the copy is not what was there: nothing was changed"
    {
        cat "$work/parts"
        cat <<SQL
UPDATE kv SET value = convert_to('$name', 'UTF8')
    WHERE tab = 'group-places' AND key = convert_to('$group', 'UTF8');
UPDATE kv SET value = convert_to('$name', 'UTF8')
    WHERE tab = 'device-places' AND encode(key, 'escape') IN (SELECT eui FROM device);
SQL
    } | sql "$home"
    echo "moved: sha256:$(sha256sum <"$work/after" | cut -c1-64)"
fi
clear "$from"
echo "$group lies in $name, with $(wc -l <"$work/devices") devices"
