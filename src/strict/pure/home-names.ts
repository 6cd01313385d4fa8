import { homeFolder } from '../../domain/home-folder.ts';

/** The name of an app's folder in Downloads: as the user knows it, and another's never. */
export function downloadsName(appName: string, home: string, isTaken: (name: string) => boolean): string {
  const plain = [...appName.normalize('NFC')]
    .map((character) => (/[\p{L}\p{N} ()&'_.+-]/u.test(character) ? character : '_'))
    .join('')
    .slice(0, 60)
    .replace(/^[. ]+|[. ]+$/g, '');
  const name = plain === '' ? homeFolder(home) : plain;
  if (!isTaken(name)) return name;
  return `${name} (${homeFolder(home).slice(0, 150)})`;
}
