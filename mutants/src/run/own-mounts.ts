/**
 * Goes before a command that is to see mounts of its own: others must not find its devices held by copies of mounts, nor it theirs. What
 * this process unmounts vanishes there too where the root's mounts are shared; where they are private (containers), copies of mounted
 * devices are let go at the beginning. Nothing is done for ordinary users: they mount nothing.
 */
export const withOwnMounts = (command: readonly [string, ...string[]]): readonly [string, ...string[]] =>
  process.getuid?.() === 0 && process.platform === "linux"
    ? ["unshare", "--mount", "--propagation", "slave", "sh", "-c", letGo, "sh", ...command]
    : command;

/** Of the devices that a test may have made. The list writes blanks of a path as `\040`, and changes with each line of it that is unmounted. */
const letGo = `
mounts=$(cat /proc/mounts)
printf '%s\\n' "$mounts" | while read -r device target _; do
  case $device in
    /dev/loop* | /dev/nbd* | /dev/rbd*) umount "$(printf %b "$target")" ;;
  esac
done 2> /dev/null
exec "$@"`;
