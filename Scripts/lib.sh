# What the scripts share; to be sourced by bash from the checkout's root.

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# Prints the comment at the top of the script that is running.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

need_swift() {
    local version
    command -v swift >/dev/null || die "needs the Swift toolchain, 6.2 or later: https://www.swift.org/install"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p')
    printf '6.2\n%s\n' "${version:-0}" | sort -CV ||
        die "needs Swift 6.2 or later, this is ${version:-unknown}: https://www.swift.org/install"
}

# toolchain_program NAME: the path of a program that Swift toolchains put beside swift, which may be a link.
toolchain_program() {
    local program
    program=$(dirname "$(readlink -f "$(command -v swift)")")/$1
    [ -x "$program" ] || program=$(command -v "$1") || die "this Swift toolchain has no $1"
    printf '%s\n' "$program"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs the Debian packages among "$@" that are missing, if somebody says yes: CI=true, --install, or a person.
need_packages() {
    local package missing=() answer command
    for package; do
        case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) in
            ?i*) ;;
            *) [ "$package" = libcurl4 ] && ldconfig -p | grep -q 'libcurl\.so\.4 ' || missing+=("$package") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command="apt-get install --no-install-recommends ${missing[*]}"
    say "Missing Debian packages: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "as root, run: $command"
        command="sudo $command"
    fi
    if [ "${CI:-}" != true ] && [ "${install:-}" != yes ]; then
        [ -t 0 ] || die "run: $command"
        read -r -p "Install them now? [y/N] " answer
        case $answer in [yY]*) ;; *) die "run: $command" ;; esac
    fi
    # A machine that was never updated knows no package. Nothing that is installed is ever removed for us.
    apt_install "${missing[@]}" || { apt_update; apt_install "${missing[@]}"; } || die "this failed: $command"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -q --no-install-recommends --no-remove \
        -o DPkg::Lock::Timeout=60 "$@" >&2 </dev/null
}

apt_update() {
    as_root timeout 300 apt-get update -q >&2 </dev/null || say "apt-get update failed; going on with what is known"
}
