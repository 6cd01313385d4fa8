import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8'));

// "npm ci" of npm 9.2 (Debian 12 and 13, Ubuntu 24.04) says that there is no package-lock.json where an override stands for another package:
// its OverrideSet compares "npm:NAME@VERSION" as a version.
it('overrides no package by another', () => {
  const { overrides = {} } = read('package.json') as { overrides?: object };
  expect(JSON.stringify(overrides)).not.toContain('npm:');
});

// dbus-next asks for it, optionally: compiled, and for descriptors only, which nothing here sends that way. npm keeps to what the lock says of a
// package; an update of dbus-next brings it back.
it('has no usocket in the lock', () => {
  const { packages } = read('package-lock.json') as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  expect(packages['node_modules/dbus-next']?.optionalDependencies?.['usocket']).toBeUndefined();
  expect(Object.keys(packages).filter((path) => path.endsWith('/usocket'))).toEqual([]);
});
