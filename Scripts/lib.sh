# What the scripts share; to be sourced by bash from the checkout's root.

# Bash that was started as sh keeps to POSIX, and what other programs say is read here: in one language.
set +o posix
unset LANGUAGE
export LC_ALL=C.UTF-8
# Debian's ordinary users have no ldconfig in their PATH.
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/sbin:/sbin

# The script that the user called, also where it calls another: what to run again.
export ISOGEO_VAULT_SCRIPT=${ISOGEO_VAULT_SCRIPT:-${0##*/}}

say() { printf '%s\n' "$*" >&2; }
die() { say "$ISOGEO_VAULT_SCRIPT: $*"; exit 1; }

# Prints the comment at the top of the script that is running.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "Scripts/${0##*/}"; }

# What scripts without arguments of their own take.
only_common_options() {
    local argument
    for argument; do
        case $argument in
            --install) install=yes ;;
            --no-install) install=no ;;
            -h | --help) usage; exit ;;
            *) usage >&2; exit 64 ;;
        esac
    done
}

need_swift() {
    local version output
    command -v swift >/dev/null || die "needs the Swift toolchain, 6.2 or later: https://www.swift.org/install"
    output=$(swift --version 2>&1) ||
        die "swift doesn't start (${output##*$'\n'}); what it needs is listed at https://www.swift.org/install"
    version=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$output")
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

# What is built lies in the checkout.
need_writable_checkout() {
    [ -w . ] || die "$PWD can't be written to; copy it to a folder of yours and run ./Scripts/$ISOGEO_VAULT_SCRIPT there"
}

# swift_build SCRATCH OPTIONS…: builds into the folder SCRATCH.
swift_build() {
    local scratch=$1 package
    shift
    # A package that depends on this one by its path doesn't see that files of it have gone, and then misses them: its
    # plan is made anew.
    case " $* " in *' --package-path '*) rm -f "$scratch"/*.yaml ;; esac
    swift build --scratch-path "$scratch" "$@" && return
    for package in swift-argument-parser swift-log; do
        [ -e "$scratch/checkouts/$package/Package.swift" ] ||
            die "the Swift package $package couldn't be fetched; run ./Scripts/$ISOGEO_VAULT_SCRIPT again when there is a network"
    done
    die "the build failed"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# What building needs: git fetches Swift packages, and clang takes the C library and libstdc++ of the system's compiler.
build_packages=(git ca-certificates g++ libsodium-dev libsqlite3-dev)

# Whether what is wanted of a Debian package is there, from wherever it came.
has_package() {
    case $1 in
        git | fakechroot | faketime) command -v "$1" >/dev/null ;;
        cron) command -v crontab >/dev/null ;;
        systemd) command -v systemd-analyze >/dev/null && command -v systemd-creds >/dev/null ;;
        binutils) command -v strip >/dev/null && command -v readelf >/dev/null ;;
        g++) [ -e /usr/include/stdio.h ] && compgen -G '/usr/include/c++/*/vector' >/dev/null &&
            compgen -G '/usr/lib/gcc/*/*/libgcc.a' >/dev/null ;;
        libcurl4) has_library libcurl.so.4 ;;
        libjemalloc2) has_library libjemalloc.so.2 ;;
        libtcmalloc-minimal4) has_library libtcmalloc_minimal.so.4 ;;
        libmimalloc) has_library libmimalloc.so.3 || has_library libmimalloc.so.2 ;;
        *) [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null) = ?i* ]] ;;
    esac
}

has_library() {
    local folder folders
    ldconfig -p 2>/dev/null | grep -F "$1 " >/dev/null && return
    IFS=: read -r -a folders <<<"${LD_LIBRARY_PATH:-}"
    for folder in "${folders[@]}" /lib/*-linux-gnu* /usr/lib/*-linux-gnu* /lib64 /usr/lib64 /usr/lib /usr/local/lib; do
        [ ! -e "$folder/$1" ] || return 0
    done
    return 1
}

# Prints what this distribution calls a Debian package: since Debian 13 and Ubuntu 24.04 some names end with t64. Where
# apt was never updated it knows none of the names; what is installed tells which kind of distribution it is.
package_name() {
    local name names
    case $1 in
        libcurl4 | libtcmalloc-minimal4) names=("$1t64" "$1") ;;
        libmimalloc) names=(libmimalloc3 libmimalloc2.0) ;;
        *) echo "$1"; return ;;
    esac
    for name in "${names[@]}"; do
        if apt-cache show "$name" >/dev/null 2>&1; then echo "$name"; return; fi
    done
    if dpkg-query -W '*t64' >/dev/null 2>&1; then echo "${names[0]}"; else echo "${names[1]}"; fi
}

# Sets missing to those of the packages "$@" that are not there.
find_missing() {
    local package
    missing=()
    for package; do has_package "$package" || missing+=("$(package_name "$package")"); done
}

# Whether packages may be installed. On a terminal it asks; without one it goes on where it may, as root or by a sudo
# that asks nothing: nobody is there to answer. --install asks nothing, --no-install never installs.
may_install() {
    local answer
    case ${install:-} in yes) return 0 ;; no) return 1 ;; esac
    [ "${CI:-}" != true ] || return 0
    if [ -t 0 ]; then
        # The end of the input is no answer.
        read -r -p "Install them now? [Y/n] " answer || answer=n
        case $answer in '' | [yY]*) ;; *) return 1 ;; esac
    else
        [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
    fi
}

# Installs the Debian packages among "$@" that are missing, or ends the script.
need_packages() {
    local missing command own="./Scripts/$ISOGEO_VAULT_SCRIPT --install"
    find_missing "$@"
    [ ${#missing[@]} -gt 0 ] || return 0
    command="apt-get install --no-install-recommends ${missing[*]}"
    say "Missing Debian packages: ${missing[*]}"
    command -v apt-get >/dev/null || die "there is no apt-get here; install what this system has in their place"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "as root, run: $command
or, where there is sudo: $own"
        command="sudo $command"
    fi
    may_install || die "run: $command
or: $own"
    # A machine that was never updated knows no package. Nothing that is installed is ever removed for us.
    if ! apt_install "${missing[@]}"; then
        apt_update || say "apt-get update failed; going on with what is known"
        find_missing "$@"
        apt_install "${missing[@]}" ||
            die "apt-get couldn't install them and says above why; when there is a network, run: $command"
    fi
}

# want_packages NAME…: installs those that are missing, may be installed and are known to this distribution, names the
# others and never fails.
want_packages() {
    local missing package known
    find_missing "$@"
    [ ${#missing[@]} -gt 0 ] || return 0
    # Nobody is asked each time for what can be done without: there is --install.
    if [ -t 0 ] && [ "${install:-}" != yes ]; then
        say "Going on without ${missing[*]}; ./Scripts/$ISOGEO_VAULT_SCRIPT --install installs them"
        return
    fi
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }; then
        say "Missing Debian packages that can be done without: ${missing[*]}"
        if may_install; then
            find_known
            # Again for the names, which differ from one distribution to another.
            [ ${#known[@]} -gt 0 ] || ! apt_update || { find_missing "$@"; find_known; }
            # What one of them is refused for says nothing about the others.
            [ ${#known[@]} = 0 ] || apt_install "${known[@]}" ||
                for package in "${known[@]}"; do apt_install "$package" || :; done
            find_missing "$@"
        fi
    fi
    [ ${#missing[@]} = 0 ] || say "Going on without ${missing[*]}"
}

# Sets known to those of missing that apt could install.
find_known() {
    local package
    known=()
    for package in "${missing[@]}"; do ! apt-cache show "$package" >/dev/null 2>&1 || known+=("$package"); done
}

apt_install() {
    apt_get 600 install -y --no-install-recommends --no-remove "$@"
}

apt_update() {
    apt_get 300 update
}

# apt_get SECONDS ARGUMENTS…: waits for apt's locks, since DPkg::Lock::Timeout waits for none of lists and downloads.
apt_get() {
    local limit=$1 log code tries=0
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/isogeo-vault-apt.XXXXXX")
    while true; do
        code=0
        as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C timeout "$limit" apt-get -q "$@" </dev/null >"$log" 2>&1 ||
            code=$?
        cat "$log" >&2
        if [ $code = 0 ] || [ $tries = 30 ] || ! grep -q 'Could not get lock' "$log"; then break; fi
        [ $tries != 0 ] || say "Another program is using apt; waiting for it, a minute at most."
        tries=$((tries + 1))
        sleep 2
    done
    rm -f "$log"
    return $code
}

# python_with FOLDER IMPORTS PACKAGE…: prints a folder with a Python that has these packages; the last line of what it says
# tells why there is none. It is made by the system's Python, which every user can run, and it can be moved: a virtual
# environment finds itself by where its python lies.
python_with() {
    local folder=$PWD/.build-servers/$1 imports=$2
    shift 2
    if ! "$folder/bin/python" -c "import $imports" 2>/dev/null; then
        rm -rf "$folder"
        /usr/bin/python3 -m venv "$folder" >&2 || { say "python3 makes no virtual environment: python3-venv is missing"; return 1; }
        timeout 300 "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
            --only-binary :all: "$@" >&2 </dev/null || { say "PyPI doesn't give $*"; return 1; }
    fi
    printf '%s\n' "$folder"
}

# Isogeo's own SDK, and the requests that it brings.
isogeo_sdk() { python_with sdk-python isogeo_pysdk 'isogeo-pysdk>=3.10,<4'; }
