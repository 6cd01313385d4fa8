/** /etc/passwd (passwd(5)) as a sandbox has it: the user's entry names the own home; an entry that is missing is made. */
export function ownPasswd(
  text: string,
  user: { readonly uid: number; readonly gid: number; readonly name: string },
  home: string,
): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const isUser = (line: string) => Number(line.split(':')[2]) === user.uid;
  const safe = home.replaceAll(/[:\n]/g, '_');
  const own = lines.filter(isUser).map((line) =>
    line
      .split(':')
      .map((field, index) => (index === 5 ? safe : field))
      .join(':'),
  );
  const made = `${user.name}:x:${user.uid}:${user.gid}::${safe}:/bin/sh`;
  return `${[...(own.length > 0 ? own : [made]), ...lines.filter((line) => !isUser(line))].join('\n')}\n`;
}
