# Small functions for trying the API from bash or zsh: `. docs/try.sh`. They need curl and Python 3.
#
#   get WHO PATH [CURL OPTION...]  read
#   post WHO PATH [BODY]           send, under a new Idempotency-Key
#   change WHO PATH [BODY]         the same, with If-Match: the ETag of what the path is about
#   merge WHO PATH [BODY]          change some members of what is there (PATCH), with If-Match
#   field NAME                     print a member of the JSON on standard input, such as data.0.id
#   token WHO                      get a token of the sandbox
#   person WHO, organisation PARTY print an identifier
#   in_days N, on_day N            print an instant or a date, N days after the sandbox's clock
#   wait_days N                    move the sandbox's clock
#   story PAGE...                  run every example of a page
#
# WHO is a person of the sandbox (city/officer), an access token, or - for nobody.
# BODY is JSON; - reads it from standard input. A refusal is printed, and is a failure.

E=${E:-http://127.0.0.1:8080}
JSON='Content-Type: application/json'
_HOUSE=${_HOUSE:-$PWD}
_KEPT=$(mktemp -d)

get() { _call "$1" "$E$2" "${@:3}"; }

post() { _send "$1" "$2" "${3-}"; }

change() {
    local seen
    seen=$(etag "$1" "${2%/*}") || { echo "$seen"; return 22; }
    _send "$1" "$2" "${3-}" -H "If-Match: $seen"
}

merge() {
    local seen
    seen=$(etag "$1" "$2") || { echo "$seen"; return 22; }
    _call "$1" "$E$2" -X PATCH -H "If-Match: $seen" \
        -H 'Content-Type: application/merge-patch+json' --data-binary "${3-@-}"
}

etag() {
    _call "$1" "$E$2" -o "$_KEPT/seen" -D "$_KEPT/head" > "$_KEPT/end" || { cat "$_KEPT/seen"; return 22; }
    tr -d '\r' < "$_KEPT/head" | awk 'tolower($1) == "etag:" { print $2 }'
}

field() {
    python3 -c '
import json, sys
answer = sys.stdin.read()
try:
    found = json.loads(answer)
    for name in sys.argv[1].split("."):
        found = found[int(name)] if isinstance(found, list) else found[name]
except (ValueError, LookupError, TypeError):
    sys.exit(f"There is no {sys.argv[1]} in the answer: " + (answer.strip() or "nothing came"))
print(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))' "$1"
}

token() {
    find "$_KEPT" -name '*.token' -mmin +5 -exec rm -f {} +
    local kept="$_KEPT/${1%%/*}-${1#*/}.token"
    [ -s "$kept" ] || _new_token "$1" > "$kept" || return
    cat "$kept"
}

person() {
    local both
    both=$(_seeded "$1") && echo "${both#* }"
}

organisation() {
    local both
    both=$(_seeded "$1") && echo "${both%% *}"
}

in_days() { get - /v1/sandbox/clock | _later "$1"; }

on_day() { in_days "$1" | cut -c 1-10; }

wait_days() { post - /v1/sandbox/clock "{\"now\": \"$(in_days "$1")\"}" | field now; }

story() {
    local found
    _answers && found=$(cd "$_HOUSE" && _examples "$@") && eval "$found"
}

_answers() {
    curl --silent --output /dev/null "$E/health/live" && return
    echo "Nothing answers at $E. Start ./scripts/serve --sandbox, or name another address in E." >&2
    return 1
}

_call() {
    local who=$1
    shift
    case $who in
        */*) who=$(token "$who") || return ;;
        '') echo "Nobody is named. Name a person (city/officer), a token, or - for nobody." >&2; return 1 ;;
    esac
    [ "$who" = - ] || set -- "$@" -H "Authorization: Bearer $who"
    curl --silent --show-error --fail-with-body --write-out '\n' "$@"
}

_send() {
    local who=$1 where=$2 body=$3
    shift 3
    set -- -X POST -H "Idempotency-Key: $(_new_key)" "$@"
    case $body in
        '') ;;
        -) set -- "$@" -H "$JSON" --data-binary @- ;;
        *) set -- "$@" -H "$JSON" --data-binary "$body" ;;
    esac
    _call "$who" "$E$where" "$@"
}

_new_key() { python3 -c 'import uuid; print(uuid.uuid4())'; }

_new_token() {
    local both organisation person
    both=$(_seeded "$1") || return
    organisation=${both%% *} person=${both#* }
    _call - "$E/v1/sandbox/tokens" -H "$JSON" --data-binary \
        "{\"person_id\": \"$person\", \"organisation_id\": \"$organisation\"}" | field access_token
}

# Print the identifiers of a seeded organisation, and of its person where one is named.
_seeded() {
    [ -s "$_KEPT/parties" ] || { _answers && _call - "$E/v1/sandbox/parties" > "$_KEPT/parties"; } || return
    python3 -c '
import json, sys
party, _, key = sys.argv[2].partition("/")
listed = json.load(open(sys.argv[1], encoding="utf-8"))["data"]
found = next((one for one in listed if one["key"] == party), None)
if found is None:
    sys.exit(f"There is no party {party}; there are: " + ", ".join(one["key"] for one in listed))
people = [one["id"] for one in found["people"] if one["key"] == key]
if key and not people:
    known = ", ".join(one["key"] for one in found["people"])
    sys.exit(f"There is no person {key} of {party}; there are: {known}")
print(found["organisation_id"], *people)' "$_KEPT/parties" "$1"
}

_later() {
    python3 -c '
import datetime, json, sys
now = datetime.datetime.fromisoformat(json.load(sys.stdin)["now"].replace("Z", "+00:00"))
later = now + datetime.timedelta(days=float(sys.argv[1]))
print(later.isoformat().replace("+00:00", "Z"))' "$1"
}

_examples() {
    awk '/^<!-- runs -->$/ { marked = 1; next }
         marked && /^```sh$/ { on = 1; next }
         /^```$/ { on = 0; marked = 0 }
         on' "$@"
}
