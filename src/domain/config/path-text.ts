/** Why the text of a path cannot stand, undefined when it can; needs no look at the disk. */
export function judgePathText(text: string): string | undefined {
  if (!text.startsWith('/') && !text.startsWith('~/')) return 'it must begin with "/" or "~/"';
  if (hasControlCharacter(text)) return 'it holds a line break or another control character';
  if (text.includes(':')) return 'it holds a ":"';
  if (/[*?[\]]/.test(text)) return 'it holds a pattern ("*", "?", "["), and only plain paths are understood';
  if (text.split('/').some((name) => name === '..' || name === '.')) return 'it holds "." or ".."';
  if (new TextEncoder().encode(text).length > 4095) return 'it is longer than 4095 bytes';
  return undefined;
}

/** Why a word cannot name an environment variable to hand on, undefined when it can. */
export function judgeVariableName(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'it is not the name of a variable';
  return /^(?:LD_|DBUS_|GIO_|GTK_MODULES$|HOME$|XDG_RUNTIME_DIR$)/.test(name)
    ? 'strict sets or drops it itself'
    : undefined;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}
