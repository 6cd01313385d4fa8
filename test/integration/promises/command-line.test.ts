import { expect } from 'vitest';
import { commandLinePromises, commandNames } from '../../fixtures/command-line.ts';
import { type Check, keepPromises } from '../../fixtures/promises.ts';
import { configChecks } from './config-checks.ts';
import { fileChecks } from './file-checks.ts';
import { columnChecks, instanceChecks } from './instance-checks.ts';
import { done, inOneWorld, units } from './world.ts';

// Every command and every option that the program's own help names: each does what it says.

inOneWorld();

/** Asked for help, a command prints it and does nothing. */
const helpChecks: Record<string, Check> = Object.fromEntries(
  commandNames().map((name) => [
    `${name} --help`,
    async () => {
      expect(await done(name, '--help', ...(name === 'run' ? ['true'] : []))).toMatch(
        new RegExp(`^Usage: ringfence ${name}\\b`),
      );
      expect(await units()).toEqual([]);
    },
  ]),
);

keepPromises(
  'ringfence',
  [...commandLinePromises(), ...Object.keys(columnChecks)],
  { ...helpChecks, ...instanceChecks, ...columnChecks, ...fileChecks, ...configChecks },
  'integration/promises/instance-checks.ts, file-checks.ts or config-checks.ts',
);
