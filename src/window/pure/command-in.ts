/** The command that a fix of the doctor names in quotes, to be pasted into a terminal; the whole of it where it names none. */
export function commandIn(fix: string): string {
  return /"((?:ringfence|sudo|systemctl|apt|apt-get|dnf|pacman|loginctl|journalctl) [^"]+)"/.exec(fix)?.[1] ?? fix;
}
