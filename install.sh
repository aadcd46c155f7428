#!/bin/sh
# Installs `da` for the calling user: the program, shell completions, man pages, and the server's address in its
# configuration. Needs no root and never asks for it. `sh install.sh --help` lists the options.
#
#   curl -fsSL https://id.example.org/cli/install.sh | sh      from a server, which writes its own address in here
#   ./install.sh                                               from a source checkout: builds with cargo
#
# What is verified: the SHA-256 that the same server tells. It proves that the download is complete and unchanged on its
# way, not who made it. For that, set DA_MINISIGN_KEY to the public key of the releases: then a valid minisign
# signature is required.
#
# Everything is inside functions and only the last line runs them, so a script that was cut off does nothing.

set -eu

# The server replaces this one line when it hands the script out.
BAKED_SERVER=''

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

usage() {
    cat <<'TEXT'
Usage: install.sh [--server URL] [--version VERSION] [--dir DIR] [--uninstall]

  --server URL       the server to install from [the one that handed this script out; DA_SERVER]
  --version VERSION  refuse any other version [DA_VERSION]
  --dir DIR          where `da` goes [DA_INSTALL_DIR, else ~/.local/bin]
  --uninstall        remove what was installed; configuration and saved credentials stay

  DA_MINISIGN_KEY    public key; requires a valid signature of the download
  DA_INSECURE_HTTP   1 allows http:// to another machine
  DA_CONFIG_DIR      where config.yaml is [$XDG_CONFIG_HOME/da, else ~/.config/da]
TEXT
}

# Sets the options from the command line and the environment.
read_options() {
    server=$BAKED_SERVER
    version=${DA_VERSION:-}
    dir=${DA_INSTALL_DIR:-}
    uninstall=no
    while [ $# -gt 0 ]; do
        case $1 in
            --server | --version | --dir)
                [ -n "${2:-}" ] || fail "\`$1\` needs a value"
                case $1 in
                    --server) server=${2%/} ;;
                    --version) version=$2 ;;
                    --dir) dir=$2 ;;
                esac
                shift
                ;;
            --uninstall) uninstall=yes ;;
            -h | --help)
                usage
                exit 0
                ;;
            *) fail "unknown option \`$1\`" "see --help" ;;
        esac
        shift
    done
    version=${version#v}
    [ -n "${HOME:-}" ] || fail "HOME is not set"
    [ -n "$dir" ] || dir=$HOME/.local/bin
    case $dir in
        /*) ;;
        *) dir=$(pwd)/$dir ;;
    esac
    data=${XDG_DATA_HOME:-$HOME/.local/share}
    config=${DA_CONFIG_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/da}/config.yaml
    # Below the directory of state: $data/da is the data directory of a server of this user.
    state=${XDG_STATE_HOME:-}
    case $state in
        /*) ;;
        *) state=$HOME/.local/state ;;
    esac
    manifest=$state/da/installed-files
    old_manifest=$data/da/installed-files
}

# Moves the manifest of an older installer to its present place.
take_over_manifest() {
    [ -f "$old_manifest" ] && [ ! -h "$old_manifest" ] || return 0
    mkdir -p "$(dirname "$manifest")" || fail "cannot create $(dirname "$manifest")"
    while IFS= read -r place; do
        remember "$place"
    done <"$old_manifest"
    rm -f "$old_manifest"
    # Only an empty directory goes: a server may keep its data there.
    rmdir "$data/da" 2>/dev/null || :
}

# remember PLACE: writes an installed file into the manifest, once.
remember() {
    grep -qxF -e "$1" "$manifest" 2>/dev/null || printf '%s\n' "$1" >>"$manifest"
}

# Refuses a server URL that is not plain, and clear text to another machine: the download will be run.
check_server() {
    case $server in
        *[!]A-Za-z0-9._~:/[-]*) fail "not a server URL: \`$server\`" ;;
        https://?*) return ;;
        http://?*) ;;
        *) fail "not a server URL: \`$server\`" "it begins with https://" ;;
    esac
    authority=${server#http://}
    authority=${authority%%/*}
    case $authority in
        localhost | localhost:* | 127.0.0.1 | 127.0.0.1:* | "[::1]" | "[::1]:"*) return ;;
    esac
    [ "${DA_INSECURE_HTTP:-}" = 1 ] ||
        fail "\`$server\` is not encrypted: anyone on the way could change the program" \
            "use https://, or set DA_INSECURE_HTTP=1 on a network you trust"
}

# Prints a word of `uname` for a URL. The server may have a build of a system that this script does not know.
plain_word() {
    printf '%s' "$1" | LC_ALL=C tr '[:upper:]' '[:lower:]' | tr -cd 'a-z0-9_-'
}

# Sets `os` and `arch` to the server's words for this machine.
detect_platform() {
    case $(uname -s) in
        Linux) os=linux ;;
        Darwin) os=macos ;;
        *) os=$(plain_word "$(uname -s)") ;;
    esac
    case $(uname -m) in
        x86_64 | amd64) arch=x86_64 ;;
        aarch64 | arm64) arch=aarch64 ;;
        *) arch=$(plain_word "$(uname -m)") ;;
    esac
    # A translated shell on Apple silicon calls itself x86_64.
    if [ "$os" = macos ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
        arch=aarch64
    fi
}

# fetch URL FILE: downloads without following redirects, which could lead to another server or to clear text.
fetch() {
    if has curl; then
        curl -fsS --max-redirs 0 --connect-timeout 10 --max-time 900 -o "$2" "$1"
    elif has wget; then
        if wget --help 2>&1 | grep -q -e '--max-redirect'; then
            wget -q --max-redirect=0 -T 30 -O "$2" "$1"
        else
            # BusyBox; -T crashes some of its versions.
            wget -q -O "$2" "$1"
        fi
    else
        fail "neither curl nor wget is here"
    fi
}

# sha256 FILE: prints the digest in hexadecimal.
sha256() {
    if has sha256sum; then
        sha256sum <"$1" | cut -d ' ' -f 1
    elif has shasum; then
        shasum -a 256 <"$1" | cut -d ' ' -f 1
    elif has openssl; then
        openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
    else
        fail "cannot verify the download: none of sha256sum, shasum and openssl is here"
    fi
}

verify_checksum() {
    fetch "$1&part=sha256" "$temp/sha256" || fail "the server told no checksum" "try again later"
    told=$(cut -d ' ' -f 1 <"$temp/sha256")
    case $told in
        *[!0-9a-f]* | '') fail "the server told no valid checksum" ;;
    esac
    found=$(sha256 "$temp/da")
    [ "$told" = "$found" ] ||
        fail "the download is damaged: its SHA-256 is $found, the server told $told" "nothing was changed; try again"
}

# A key that is set makes the signature a must, so that its absence cannot be arranged.
verify_signature() {
    if [ -z "${DA_MINISIGN_KEY:-}" ]; then
        return
    fi
    has minisign || fail "DA_MINISIGN_KEY is set, but minisign is not installed"
    fetch "$1&part=minisig" "$temp/da.minisig" || fail "the server has no signature of this build"
    minisign -Vqm "$temp/da" -x "$temp/da.minisig" -P "$DA_MINISIGN_KEY" ||
        fail "the signature of the download is not valid" "nothing was changed"
    say "Signature verified"
}

download() {
    check_server
    detect_platform
    url="$server/cli/download?os=$os&arch=$arch"
    say "Downloading da for $os $arch from $server"
    fetch "$url" "$temp/da" ||
        fail "no download for $os $arch from $server" \
            "ask the operator to place \`da-$os-$arch\` in the server's dist directory, or build from source: cargo build --release --locked"
    verify_checksum "$url"
    verify_signature "$url"
}

# Prints the directory of this script if it is a source checkout of da.
checkout() {
    case $0 in
        install.sh | */install.sh) ;;
        *) return 0 ;;
    esac
    source=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || return 0
    if [ -f "$source/Cargo.toml" ] && grep -q '^name = "da"$' "$source/Cargo.toml"; then
        printf '%s\n' "$source"
    fi
}

build() {
    has cargo || fail "building needs cargo" "install Rust from https://rustup.rs"
    say "Building da in $1"
    (cd "$1" && cargo build --release --locked --bin da) || fail "the build failed"
    target=${CARGO_TARGET_DIR:-target}
    case $target in
        /*) ;;
        *) target=$1/$target ;;
    esac
    cp "$target/release/da" "$temp/da"
}

# The new program has to run here, and be the wanted version, before it replaces anything.
check_program() {
    chmod 755 "$temp/da"
    reported=$("$temp/da" --version) || fail "the downloaded program does not run on this system"
    case $reported in
        "da ${version:-${reported#da }}" | "da $version "*) ;;
        *) fail "this is \`$reported\`, not version $version" "nothing was changed" ;;
    esac
}

# keep FILE PLACE: puts FILE there with usual modes and remembers the place for --uninstall; best effort.
keep() {
    mkdir -p "$(dirname "$2")" "$(dirname "$manifest")" 2>/dev/null || return 1
    if cp "$1" "$2" 2>/dev/null; then
        chmod 644 "$2"
        remember "$2"
    else
        return 1
    fi
}

install_completions() {
    for shell in bash zsh fish; do
        case $shell in
            bash) place=$data/bash-completion/completions/da ;;
            zsh) place=$data/zsh/site-functions/_da ;;
            fish) place=$data/fish/vendor_completions.d/da.fish ;;
        esac
        if "$dir/da" completion "$shell" >"$temp/completion" 2>/dev/null && [ -s "$temp/completion" ] &&
            keep "$temp/completion" "$place"; then
            say "Installed $place"
        fi
    done
}

install_man_pages() {
    mkdir "$temp/man"
    "$dir/da" generate man "$temp/man" >/dev/null 2>&1 || return 0
    pages=0
    for page in "$temp"/man/*.[17]; do
        if [ -f "$page" ] && keep "$page" "$data/man/man${page##*.}/${page##*/}"; then
            pages=$((pages + 1))
        fi
    done
    [ "$pages" -eq 0 ] || say "Installed $pages man pages in $data/man"
}

# Names the server in config.yaml, unless one is named there; other keys stay as they are.
configure() {
    kept=
    [ -n "$server" ] || return 0
    if [ -f "$config" ]; then
        named=$(sed -n 's/^["'\'']\{0,1\}server["'\'']\{0,1\}[[:space:]]*:[[:space:]]*//p' "$config" | head -n 1)
        named=$(printf '%s' "$named" | sed -e 's/[[:space:]]*$//' -e 's/^["'\'']//' -e 's/["'\'']$//')
        if [ "${named%/}" = "$server" ]; then
            return 0
        elif grep -q '^["'\'']\{0,1\}server["'\'']\{0,1\}[[:space:]]*:' "$config"; then
            say "Kept the server in $config: ${named:-(empty)}"
            say "  to use this one: DA_SERVER=$server, or change that line"
            kept=$named
            return 0
        fi
        # What a YAML writer leaves of an empty mapping cannot be appended to.
        if [ "$(tr -d '[:space:]' <"$config")" = '{}' ]; then
            : >"$config"
        fi
    fi
    (
        umask 077
        mkdir -p "$(dirname "$config")"
        [ ! -s "$config" ] || [ -z "$(tail -c 1 "$config")" ] || printf '\n' >>"$config"
        printf 'server: %s\n' "$server" >>"$config"
    ) || fail "cannot write $config"
    say "Wrote the server to $config"
}

path_hint() {
    case :$PATH: in
        *:"$dir":*)
            found=$(command -v da || :)
            [ "$found" = "$dir/da" ] || say "Note: \`da\` is still $found in this shell"
            return 0
            ;;
    esac
    say ""
    say "$dir is not in your PATH yet. Add it with:"
    case ${SHELL:-} in
        */fish) say "  fish_add_path '$dir'" ;;
        */zsh) say "  echo 'export PATH=\"$dir:\$PATH\"' >> ~/.zshrc && . ~/.zshrc" ;;
        */bash) say "  echo 'export PATH=\"$dir:\$PATH\"' >> ~/.bashrc && . ~/.bashrc" ;;
        *) say "  export PATH=\"$dir:\$PATH\"" ;;
    esac
}

# Prints the server that `da` uses from here on. The program itself says so: profiles, rules and variables count too.
effective_server() {
    told=$("$dir/da" status --local --json </dev/null 2>/dev/null |
        sed -n 's/^ *"url": "\([^"]*\)",\{0,1\}$/\1/p' | head -n 1)
    printf '%s\n' "${told:-${kept:-$server}}"
}

next_steps() {
    say ""
    say "Next steps:"
    effective=$(effective_server)
    if [ -n "$effective" ]; then
        say "  1. da login      signs you in to $effective"
        if [ -n "$server" ] && [ "$effective" != "$server" ]; then
            say "     (da login --server $server      signs you in to the server you installed from)"
        fi
    else
        say "  1. da login      signs you in, to a server of your own after \`da serve\`"
    fi
    say "  2. export DA_TOKEN=\$(da token create --name my-script --raw)      makes a token for a script"
    say "  3. da whoami     tells who you are"
}

remove() {
    removed=0
    take_over_manifest
    if [ -f "$manifest" ]; then
        while IFS= read -r place; do
            if [ -f "$place" ] && rm -f "$place"; then
                say "Removed $place"
                removed=$((removed + 1))
            fi
        done <"$manifest"
        rm -f "$manifest"
        rmdir "$state/da" 2>/dev/null || :
    fi
    if [ -f "$dir/da" ]; then
        rm -f "$dir/da" || fail "cannot remove $dir/da"
        say "Removed $dir/da"
        removed=$((removed + 1))
    fi
    [ "$removed" -gt 0 ] || say "Nothing to remove; was it installed with another --dir?"
    say "Configuration and saved credentials stay in $(dirname "$config")"
}

# Makes `temp`, a directory of ours alone, beside the program so that the last step is one rename.
prepare() {
    mkdir -p "$dir" 2>/dev/null || fail "cannot create $dir" "choose another with --dir"
    temp=$(umask 077 && mktemp -d "$dir/.da-install.XXXXXX" 2>/dev/null) ||
        fail "cannot write to $dir" "choose another with --dir"
    trap 'rm -rf "$temp"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
}

main() {
    LC_ALL=C
    export LC_ALL
    # Whatever the umask: without these rights of its owner nothing could be written below a new directory.
    umask u+rwx
    read_options "$@"
    if [ "$uninstall" = yes ]; then
        remove
        return
    fi
    source_dir=
    if [ -z "$server" ]; then
        source_dir=$(checkout)
        [ -n "$source_dir" ] || server=${DA_SERVER:-}
        server=${server%/}
    fi
    [ -n "$server$source_dir" ] || fail "which server?" "give --server URL, or run install.sh in a source checkout"
    prepare
    if [ -n "$source_dir" ]; then
        build "$source_dir"
    else
        download
    fi
    check_program
    mv -f "$temp/da" "$dir/da" || fail "cannot replace $dir/da"
    take_over_manifest
    install_completions
    install_man_pages
    configure
    say "Installed $("$dir/da" --version) as $dir/da"
    path_hint
    next_steps
}

{ main "$@"; }
