# shellcheck shell=bash
# Sourced by the scripts beside it: makes sure that commands are there.

# need COMMAND[:PACKAGE]... - installs the Debian packages of the commands that are missing, as root or by sudo.
need() {
    local wanted=() item
    for item; do
        command -v "${item%%:*}" >/dev/null || wanted+=("${item##*:}")
    done
    if ((${#wanted[@]} == 0)); then return; fi

    local as_root=()
    if ((EUID != 0)); then as_root=(sudo -n); fi
    echo "installing: ${wanted[*]}"
    if ! command -v apt-get >/dev/null ||
        ! "${as_root[@]}" apt-get update -qq ||
        ! DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${wanted[@]}" >/dev/null; then
        echo "error: cannot install ${wanted[*]}; install them by hand and run this again" >&2
        exit 1
    fi
}
