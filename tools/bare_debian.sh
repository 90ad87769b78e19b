#!/usr/bin/env bash
# For maintainers: do the README's two commands really work on a machine with nothing on it?
#
#     sudo tools/bare_debian.sh [bookworm|trixie|...] [FOLDER]
#
# Makes a minimal Debian with python3, python3-pip, make and ca-certificates, no more, and
# runs `make demo` and `make test` in it, on a copy of this working tree in a path with a
# space, as an ordinary user and as root. FOLDER keeps that Debian for the next time.
#
# Packages come from where this machine's apt gets them, or from $MIRROR; Python packages
# from where this machine's pip gets them. Database servers here are in reach there.
# PYTEST_ARGS is passed on: some of the tests instead of all, twice.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project="/home/dev/with space/whimbrel"
debian_packages=python3,python3-pip,make,ca-certificates

main() {
    local suite=${1:-bookworm} root=${2:-}
    ((EUID == 0)) || fail "debootstrap and chroot need root: sudo $0"
    if [[ -z $root ]]; then
        scratch=$(mktemp -d "/var/tmp/bare-$suite-XXXXXX")
        # All mounts are gone by then; what were still mounted would not be emptied.
        trap 'rm -rf --one-file-system "$scratch"' EXIT
        chmod 755 "$scratch" # it becomes the / of an ordinary user
        root=$scratch
    fi
    mkdir -p "$root"
    root=$(realpath "$root")
    [[ -x $root/usr/bin/make ]] || make_debian "$suite" "$root"
    # Mounts made in a name space of their own are gone when it ends, however it ends.
    unshare --mount "${BASH_SOURCE[0]}" --inside "$suite" "$root"
}

make_debian() {
    local suite=$1 root=$2 mirror
    mirror=${MIRROR:-$(apt_mirror)}
    printf '== debootstrap %s from %s\n' "$suite" "${mirror:-its usual mirror}"
    debootstrap --variant=minbase --include="$debian_packages" "$suite" "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 ||
        { tail "$root.log"; fail "debootstrap failed"; }
    rm "$root.log"
}

apt_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Component: main' 2>/dev/null |
        head -n 1 || true # none on another system: debootstrap knows a mirror itself
}

# What follows runs in the name space.

inside() {
    local suite=$1 root=$2 place user target code failures=0 report=()
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts" # tests type on terminals
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    chroot "$root" id -u dev >/dev/null 2>&1 || chroot "$root" useradd --create-home dev
    borrow /etc/ssl/certs "$root"
    read_pip_settings
    for place in "${pip_places[@]}"; do borrow "$place" "$root"; done

    for user in dev root; do
        copy_project "$root" "$user"
        for target in demo test; do
            printf '\n== %s, %s: make %s\n' "$suite" "$user" "$target"
            code=0
            as "$user" "$root" make "$target" ${PYTEST_ARGS:+PYTEST_ARGS="$PYTEST_ARGS"} || code=$?
            ((code == 0)) || failures=$((failures + 1))
            report+=("$(printf '%-9s %-5s make %-5s exit code %d' "$suite" "$user" "$target" "$code")")
        done
    done
    printf '\n== %s\n' "$(as dev "$root" python3 --version) and $(as dev "$root" python3 -m pip --version)"
    printf '%s\n' "${report[@]}"
    return $((failures > 0))
}

# Show a file or folder of this machine at the same path in there, read-only.
borrow() {
    local place=$1 root=$2
    if [[ -d $place ]]; then
        mkdir -p "$root$place"
    else
        mkdir -p "$(dirname "$root$place")"
        touch "$root$place"
    fi
    mount --bind "$place" "$root$place"
    mount -o remount,ro,bind "$root$place"
}

# How pip reaches its index here: as variables, whichever file they came from, in
# pip_settings; and the files and folders these name, in pip_places.
read_pip_settings() {
    local line name value word
    pip_settings=() pip_places=()
    while IFS= read -r line; do
        [[ $line =~ ^[a-z]+\.([a-z-]+)=\'(.*)\'$ ]] || continue
        name=${BASH_REMATCH[1]//-/_}
        value=${BASH_REMATCH[2]//\\n/ }
        pip_settings+=("PIP_${name^^}=$value")
    done < <(python3 -m pip config list 2>/dev/null)
    # After those of the files, so that the environment wins, as it does in pip.
    for name in $(compgen -e | grep -E '^PIP_|^SSL_CERT_|_CA_BUNDLE$|_(proxy|PROXY)$'); do
        pip_settings+=("$name=${!name}")
    done
    for value in "${pip_settings[@]}"; do
        for word in ${value#*=}; do
            case $word in
                # The links of an index on disk lead to its neighbours.
                file:///*/*) word=$(dirname "${word#file://}") ;;
                /*) ;;
                *) continue ;;
            esac
            if [[ -e $word && $word != /etc/ssl/certs* && " ${pip_places[*]} " != *" $word "* ]]; then
                pip_places+=("$word")
            fi
        done
    done
}

copy_project() {
    local root=$1 user=$2
    rm -rf "$root$project"
    mkdir -p "$root$project"
    # --ignore-failed-read: git also lists what is deleted here but not yet there.
    git -C "$here" ls-files -z --cached --others --exclude-standard |
        tar -C "$here" --null --files-from=- --ignore-failed-read -c |
        tar -C "$root$project" -x --no-same-owner
    chroot "$root" chown -R dev: "/home/dev/with space"
    chroot "$root" chown -R "$user:" "$project"
}

as() {
    local user=$1 root=$2 home=/root
    shift 2
    [[ $user == root ]] || home=/home/$user
    chroot --userspec="$user:$user" "$root" \
        env -i HOME="$home" USER="$user" LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "${pip_settings[@]}" \
        sh -c 'cd "$1" && shift && "$@"' sh "$project" "$@" </dev/null
}

fail() {
    printf '%s\n' "$*" >&2
    exit 2
}

if [[ ${1:-} == --inside ]]; then
    inside "$2" "$3"
else
    main "$@"
fi
