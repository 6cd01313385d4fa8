import { homeFolder } from '../../domain/home-folder.ts';

/**
 * What an app's folder in Downloads may be called, the best first: as the user knows the app, and then with what tells it from others
 * of that name.
 */
export function downloadsNames(appName: string, home: string): string[] {
  const plain = [...appName.normalize('NFC')]
    .map((character) => (/[\p{L}\p{N} ()&'_.+-]/u.test(character) ? character : '_'))
    .join('')
    .slice(0, 60)
    .replace(/^[. ]+|[. ]+$/g, '');
  const folder = homeFolder(home);
  const name = plain === '' ? folder : plain;
  const head = cutToBytes(name, 90);
  const numbers = Array.from({ length: 98 }, (_, index) => ` ${index + 2}`);
  return [name, ...['', ...numbers].map((number) => `${head} (${folder.slice(0, 150)}${number})`)];
}

function cutToBytes(text: string, most: number): string {
  const bytes = (characters: readonly string[]) => new TextEncoder().encode(characters.join('')).length;
  const characters = [...text];
  while (bytes(characters) > most) characters.pop();
  return characters.join('');
}
