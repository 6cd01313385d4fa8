import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { install } from '../../../src/install/install.ts';
import type { UninstallPorts } from '../../../src/install/ports.ts';
import { desiredInstall } from '../../../src/install/pure/desired.ts';
import { parseInstallManifest } from '../../../src/install/pure/manifest.ts';
import { installPlaces } from '../../../src/install/pure/places.ts';
import { uninstall } from '../../../src/install/uninstall.ts';
import { openNotesFile } from '../../../src/platform/owned-files/notes-file.ts';
import { openOwnedFiles } from '../../../src/platform/owned-files/owned-files.ts';
import { dieBeforeChange } from '../../fixtures/death-at-call.ts';
import { fileTree } from '../../fixtures/file-tree.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringfence-install-'));
  // Of the user: one place that is in the way, and a folder that is shared.
  mkdirSync(join(home, '.local/share/man/man1'), { recursive: true });
  writeFileSync(join(home, '.local/share/man/man1/theirs.1'), 'theirs');
  mkdirSync(join(home, '.local/bin'));
  writeFileSync(join(home, '.local/bin/ringfence-open'), 'theirs');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A process that starts anew. */
function ports(): UninstallPorts {
  const places = installPlaces({ HOME: home });
  const files = openOwnedFiles({ staging: places.staging, durable: true });
  return {
    places,
    files,
    manifest: openNotesFile(places.manifest, parseInstallManifest, files.disk),
    unit: undefined,
    lock: async () => () => {},
    disableAll: async () => [],
    traces: () => [],
    forgetGoneHomes: () => {},
    emptyFolders: () => [],
  };
}

/** A package of this version: another daemon, and a file that the other version does not have. */
function installVersion(version: string) {
  const file = (name: string, content: string, executable = false) => ({
    name,
    content: Buffer.from(content),
    executable,
  });
  const run = ports();
  const desired = desiredInstall({
    places: run.places,
    node: '/usr/bin/node',
    window: false,
    completions: { bash: 'b', zsh: 'z', fish: 'f' },
    files: [
      file('dist/ringfenced', `#!/usr/bin/env -S node\n// ${version}\n`, true),
      file('dist/ringfence-open', '#!/bin/sh\n', true),
      file(`dist/of-${version}`, version),
      file('dist/man/ringfence.1', `page of ${version}`),
      file('dbus/ringfence.service.in', `# ${version}\nExecStart=@node@ @flags@ @ringfenced@\n`),
      file('dbus/org.ringfence.Ringfence1.service.in', 'Exec=@node@ @flags@ @ringfenced@\n'),
    ],
  });
  return install(desired, version, false, run);
}

const tree = () => fileTree(home);

/** Folders that were made before the first note are in no notes; they go all the same. */
function withoutNotes(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(install\.json \S+) .*/, '$1'));
}

async function treeOf(version: string): Promise<string[]> {
  await installVersion(version);
  const installed = tree();
  await uninstall([], { dryRun: false }, ports());
  return installed;
}

describe('an installation that dies before any change of the disk', () => {
  it.each([
    ['finished', 1, async () => void (await installVersion('2'))],
    ['taken back', 2, async () => void (await uninstall([], { dryRun: false }, ports()))],
  ])(
    'is %s by the next call, which may die as well',
    async (end, from, rescue) => {
      const before = tree();
      const [first, second] = [await treeOf('1'), await treeOf('2')];
      expect(tree()).toEqual(before);
      expect(first).not.toEqual(second);
      // Every second one for each, or it would take twice as long.
      for (let count: number = from, died = true; died; count += 2) {
        died = await dieBeforeChange(count, async () => {
          await installVersion('1');
          await installVersion('2');
          await uninstall([], { dryRun: false }, ports());
          await installVersion('1');
        });
        if (!died) expect(count).toBeGreaterThan(150);
        await dieBeforeChange(1 + ((count * 7) % 60), rescue);
        await rescue();
        expect(withoutNotes(tree()), `after a death before change ${count}`).toEqual(
          end === 'finished' ? withoutNotes(second) : before,
        );
        await uninstall([], { dryRun: false }, ports());
        expect(tree(), `taken back after a death before change ${count}`).toEqual(before);
      }
    },
    120_000,
  );
});
