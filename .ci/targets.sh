# Sourced by the scripts in this folder.

# set_target GOOS/GOARCH[/VARIANT] exports Go's variables for a target: the variant is GOARM, GO386 or GOMIPS.
set_target() {
  local variant
  IFS=/ read -r GOOS GOARCH variant <<<"$1"
  export GOOS GOARCH
  case $GOARCH/$variant in
    */) ;;
    arm/*) export GOARM=$variant ;;
    386/*) export GO386=$variant ;;
    mips*/*) export GOMIPS=$variant GOMIPS64=$variant ;;
  esac
}
