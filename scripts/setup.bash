# Sourced by every script here: sets up .venv in the checkout, once, from the locked packages.
#
# What is installed is remembered in stamps inside .venv. While they agree with the checkout
# nothing is asked of the network; a set-up that was interrupted is begun anew.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv="$root/.venv"
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
export PYTHONNOUSERSITE=1

# fail SENTENCE: say what is wrong and what to do, and end with 1.
fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# step SENTENCE: one line of progress with the seconds since the script began.
step() {
    printf '[%3d s] %s\n' "$SECONDS" "$1" >&2
}

# help_wanted ARGUMENT...: print the comment at the head of the script and end, where asked.
help_wanted() {
    local argument
    for argument in "$@"; do
        case "$argument" in
            --) return 0 ;;
            -h | --help)
                sed -n '2,/^[^#]/{/^[^#]/d;/^$/d;s/^# \{0,1\}//;p;}' "$0"
                exit 0
                ;;
        esac
    done
}

# set_up KIND: have the packages of KIND (runtime; dev, which contains it; or bench, which contains
# both) and the checkout itself installed in .venv. Two set-ups at once wait for each other.
set_up() {
    local kind="$1"
    ! is_set_up "$kind" || return 0
    hold_the_lock
    ! is_set_up "$kind" || return 0
    child=
    trap interrupted INT TERM
    make_venv
    has_packages "$kind" || install_packages "$kind"
    install_checkout
    rm -f -- "$venv/.unfinished"
    trap - INT TERM
    exec 9<&-
    step "Set up"
}

interrupted() {
    [[ -z "$child" ]] || { kill "$child" && wait "$child"; } 2>/dev/null || true
    printf 'Set-up was interrupted. Run the command again; it begins anew.\n' >&2
    exit 130
}

is_set_up() {
    [[ ! -e "$venv/.unfinished" ]] &&
        [[ "$(cat -- "$venv/.stamp-place" 2>/dev/null)" == "$venv" ]] &&
        has_packages "$1" && has_checkout &&
        "$venv/bin/python" -c '' 2>/dev/null
}

has_packages() {
    local stamp kinds=(bench)
    [[ "$1" == bench ]] || kinds+=(dev)
    [[ "$1" != runtime ]] || kinds+=(runtime)
    for stamp in "${kinds[@]}"; do
        [[ "$(cat -- "$venv/.stamp-$stamp" 2>/dev/null)" != "$(digest_of "$stamp")" ]] || return 0
    done
    return 1
}

has_checkout() {
    [[ "$(cat -- "$venv/.stamp-checkout" 2>/dev/null)" == "$(digest "$root/pyproject.toml")" ]]
}

# A larger kind stands for the smaller ones too, so a change of any of them makes it anew.
digest_of() {
    local kinds=("$root/requirements/$1.txt" "$root/requirements/build.txt")
    [[ "$1" != bench ]] || kinds+=("$root/requirements/dev.txt")
    digest "${kinds[@]}"
}

digest() {
    if command -v sha256sum >/dev/null; then
        cat -- "$@" | sha256sum | cut -d ' ' -f 1
    else
        cat -- "$@" | shasum -a 256 | cut -d ' ' -f 1
    fi
}

# The lock is held on the folder of the checkout: no file is left over, and none must be made.
hold_the_lock() {
    command -v flock >/dev/null || return 0
    exec 9<"$root"
    if ! flock --nonblock 9; then
        step "Waiting for another set-up of this checkout"
        flock 9
    fi
}

make_venv() {
    if [[ -e "$venv/.unfinished" ]] ||
        { [[ -e "$venv" ]] && ! "$venv/bin/python" -m pip --version &>/dev/null; } ||
        [[ "$(cat -- "$venv/.stamp-place" 2>/dev/null || printf '%s' "$venv")" != "$venv" ]]; then
        step "Removing a set-up that was interrupted or moved"
        rm -rf -- "$venv" 2>/dev/null || explain "$venv could not be removed"
    fi
    was_whole=$([[ ! -e "$venv" ]] || printf yes)
    if [[ ! -e "$venv" ]]; then
        find_python
        step "Making .venv with $("$python" --version)"
        mkdir -- "$venv" 2>/dev/null || explain "$venv could not be made"
    fi
    { printf 'unfinished\n' >"$venv/.unfinished" && : >"$venv/setup.log"; } 2>/dev/null ||
        explain "$venv could not be written"
    [[ -n "$was_whole" ]] || logged "$python" -m venv "$venv"
}

find_python() {
    local candidate without_venv=
    for candidate in python3.11 python3.12 python3.13 python3.14 python3; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' &>/dev/null || continue
        python=$candidate
        if "$candidate" -c 'import ensurepip, venv' &>/dev/null; then return 0; fi
        without_venv=$candidate
    done
    [[ -z "$without_venv" ]] ||
        fail "$without_venv has no venv module; install it (Debian: apt install python3-venv) and run the command again."
    fail "Ecosystem needs Python 3.11 or later, and none was found; install it and run the command again."
}

install_packages() {
    local kind="$1" count
    count=$(grep -c '^[a-zA-Z0-9]' "$root/requirements/$kind.txt")
    step "Installing $count locked packages (only this once; the network is needed)"
    logged "$venv/bin/python" -m pip install --require-hashes --progress-bar off \
        --requirement "$root/requirements/$kind.txt" --requirement "$root/requirements/build.txt"
    rm -f -- "$venv/.stamp-runtime" "$venv/.stamp-dev" "$venv/.stamp-bench"
    stamp "$kind" "$(digest_of "$kind")"
}

install_checkout() {
    step "Installing this checkout"
    logged "$venv/bin/python" -m pip install --no-deps --no-build-isolation --no-index \
        --editable "$root"
    stamp checkout "$(digest "$root/pyproject.toml")"
    stamp place "$venv"
}

stamp() {
    printf '%s\n' "$2" 2>/dev/null >"$venv/.stamp-$1" || explain "$venv could not be written"
}

# logged COMMAND ARGUMENT...: run it with its output in a log; end with one sentence if it fails.
logged() {
    local log="$venv/setup.log"
    printf '$ %s\n' "$*" 2>/dev/null >>"$log" || explain "$log could not be written"
    "$@" >>"$log" 2>&1 </dev/null &
    child=$!
    wait "$child" || explain "\`${*:1:4} ...\` failed"
    child=
}

# explain WHAT: say why set-up failed, as far as the log and the disk tell, and end with 1.
explain() {
    local log="$venv/setup.log" why
    if log_says 'No space left on device|Errno 28|Disk quota exceeded' || disk_is_full; then
        why="The disk is full: set-up needs up to 800 MB in $root. Free some space"
    elif [[ ! -w "$root" || (-e "$venv" && ! -w "$venv") ]]; then
        why="$(id -un) may not write to $venv. Run as its owner, or in a checkout of your own,"
    elif log_says 'DO NOT MATCH THE HASHES'; then
        why="A downloaded package is not the locked one, and nothing of it was installed. Check the network's proxy or mirror"
    elif log_says 'Failed to establish a new connection|[Nn]ame resolution|Network is unreachable|ConnectTimeout|Read timed out|ProxyError|ConnectionError|Connection (refused|reset|aborted)|SSLError|IncompleteRead|No matching distribution'; then
        why="The locked packages could not be downloaded. Connect to the network (this set-up needs it once; pip's settings for proxies and mirrors are honoured)"
        # pip downloads everything before it installs anything: what stood before still stands.
        [[ -z "$was_whole" ]] || rm -f -- "$venv/.unfinished"
    else
        fail "Set-up failed: $1. Read $log, mend the cause, and run the command again."
    fi
    fail "$why and run the command again."
}

log_says() {
    grep -qE "$1" -- "$venv/setup.log" 2>/dev/null
}

disk_is_full() {
    local folder free
    for folder in "$root" "${TMPDIR:-/tmp}"; do
        free=$(df -Pk -- "$folder" 2>/dev/null | awk 'NR == 2 { print $4 }')
        [[ -z "$free" || "$free" -gt 10240 ]] || return 0
    done
    return 1
}
