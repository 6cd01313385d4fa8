import { limitNames } from '../../domain/limits.ts';
import type { OptionSpec, Words } from './command.ts';

const limitHelp = {
  'memory-max': ['SIZE', 'memory at most: 4G (or 4GB, 4GiB: all of 1024), 70% of RAM, infinity'],
  'memory-high': ['SIZE', 'memory above which the app is slowed down'],
  'memory-swap-max': ['SIZE', 'swap at most: 1G, 25% of the swap, 0'],
  'cpu-quota': ['PERCENT', 'CPU time at most: 50% is half a core, 300% three cores'],
  'cpu-weight': ['WEIGHT', 'share of the CPU when it is scarce, 1 to 10000, usually 100'],
  'io-weight': ['WEIGHT', 'share of the disk when it is busy, 1 to 10000, usually 100'],
  'tasks-max': ['NUMBER', 'processes and threads at most'],
} as const;

/** One option per limit. */
export const limitOptions: Readonly<Record<string, OptionSpec>> = Object.fromEntries(
  limitNames.map((name) => [name, { type: 'string', value: limitHelp[name][0], help: limitHelp[name][1] } as const]),
);

/** --profile and one option per limit, for the commands that start something. */
export const containmentOptions: Readonly<Record<string, OptionSpec>> = {
  profile: { type: 'string', value: 'NAME', help: 'the profile: relaxed, strict or one of your own' },
  ...limitOptions,
};

/** The request options (see dbus/org.ringfence.Ringfence1.xml) that the words of a command line ask for. */
export function requestOptions(words: Words): Map<string, string> {
  const options = new Map<string, string>();
  for (const name of ['profile', ...limitNames]) {
    const text = words.text(name);
    if (text !== undefined) options.set(name, text);
  }
  return options;
}
