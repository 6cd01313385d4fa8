/** The command that a fix of the doctor names in quotes, to be pasted into a terminal; the whole of it where it names none. */
export function commandIn(fix: string): string {
  const quoted = [...fix.matchAll(/"([^"]+)"/g)].map(([, text = '']) => text);
  return (
    quoted.find((text) => /^(?:ringfence|sudo|systemctl|apt|apt-get|dnf|pacman|loginctl|journalctl) /.test(text)) ?? fix
  );
}
