import { output } from './command.ts';

/** The names of the user manager's loaded units that match a glob, whatever their state, in alphabetical order. */
export async function userUnits(pattern: string): Promise<string[]> {
  const text = await output([
    'systemctl',
    '--user',
    'list-units',
    '--all',
    '--plain',
    '--no-legend',
    '--full',
    pattern,
  ]);
  return text
    .split('\n')
    .map((line) => line.trim().split(' ')[0] ?? '')
    .filter(Boolean)
    .sort();
}

/** A property of a user unit as `systemctl show` prints it: `unitProperty(unit, 'Result')`. */
export function unitProperty(unit: string, property: string): Promise<string> {
  return output(['systemctl', '--user', 'show', `--property=${property}`, '--value', '--', unit]);
}
