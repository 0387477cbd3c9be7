#!/bin/sh
# Outpost @VERSION@ for one user, without a package manager and without an administrator.
#   sh outpost-@VERSION@.run               install into ~/.local, or renew what is there
#   sh outpost-@VERSION@.run --extract DIR unpack the application alone, nothing else
#   ~/.local/lib/outpost/uninstall         remove it; what Outpost stores stays
set -eu

payload=@PAYLOAD@
base=${XDG_DATA_HOME:-$HOME/.local/share}
target=$HOME/.local/lib/outpost
programs=$HOME/.local/bin

die() { echo "outpost: $1" >&2; exit 1; }

unpack() {
    command -v xz >/dev/null || die "'xz' is needed to unpack; please install it (xz-utils)."
    mkdir -p "$1"
    tail -c "+$((payload + 1))" "$0" | xz -dc | tar -xf - -C "$1" || die "The file is damaged."
}

case ${1:-} in
    --extract) [ -n "${2:-}" ] || die "--extract needs a folder."; unpack "$2"; exit ;;
    "") ;;
    *) sed -n '2,5s/^# *//p' "$0"; exit 2 ;;
esac

[ "$(uname -m)" = "@MACHINE@" ] || die "This file is for @MACHINE@, not for $(uname -m)."
[ "$(id -u)" != 0 ] || die "Install it as the user who is to use it, not as root."

new=$target.new
rm -rf "$new"
unpack "$new"
rm -rf "$target.old"
[ ! -e "$target" ] || mv "$target" "$target.old"
mv "$new/outpost" "$target"
rm -rf "$new" "$target.old"

mkdir -p "$programs" "$base/applications" "$base/mime/packages" "$base/icons/hicolor/scalable/apps"
for each in outpost outpost-desktop; do ln -sf "$target/$each" "$programs/$each"; done
sed "s|^Exec=outpost-desktop|Exec=\"$target/outpost-desktop\"|" \
    "$target/share/outpost.desktop" >"$base/applications/outpost.desktop"
cp "$target/share/outpost.xml" "$base/mime/packages/outpost.xml"
cp "$target/share/outpost.svg" "$base/icons/hicolor/scalable/apps/outpost.svg"

renew() {
    ! command -v update-desktop-database >/dev/null || update-desktop-database -q "$base/applications"
    ! command -v update-mime-database >/dev/null || update-mime-database "$base/mime"
}
renew

cat >"$target/uninstall" <<END
#!/bin/sh
# Removes Outpost; what it stores for you stays.
rm -f "$programs/outpost" "$programs/outpost-desktop" "$base/applications/outpost.desktop"
rm -f "$base/mime/packages/outpost.xml" "$base/icons/hicolor/scalable/apps/outpost.svg"
rm -rf "$target"
! command -v update-mime-database >/dev/null || update-mime-database "$base/mime"
echo "Outpost is removed; what it stored is still in its data folder."
END
chmod 755 "$target/uninstall"
echo "Outpost @VERSION@ is installed: start it from the menu, or call $programs/outpost."
exit
