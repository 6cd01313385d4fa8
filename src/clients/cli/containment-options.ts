import { limitNames } from '../../domain/limits.ts';
import type { OptionSpec, Words } from './command.ts';

const limitHelp = {
  'memory-max': ['SIZE', 'maximum memory: 4G (4GB and 4GiB are the same), 70% of RAM, or infinity'],
  'memory-high': ['SIZE', 'slow the app down above this much memory'],
  'memory-swap-max': ['SIZE', 'maximum swap: 1G, 25% of all swap, or 0'],
  'cpu-quota': ['PERCENT', 'maximum CPU time: 50% is half a core, 300% three cores'],
  'cpu-weight': ['WEIGHT', 'share of a busy CPU: 1 to 10000, usually 100'],
  'io-weight': ['WEIGHT', 'share of a busy disk: 1 to 10000, usually 100'],
  'tasks-max': ['NUMBER', 'maximum number of processes and threads'],
} as const;

/** One option per limit. */
export const limitOptions: Readonly<Record<string, OptionSpec>> = Object.fromEntries(
  limitNames.map((name) => [name, { type: 'string', value: limitHelp[name][0], help: limitHelp[name][1] } as const]),
);

/** --profile and one option per limit, for the commands that start something. */
export const containmentOptions: Readonly<Record<string, OptionSpec>> = {
  profile: { type: 'string', value: 'NAME', help: 'profile to use: relaxed, strict or one of your own' },
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
