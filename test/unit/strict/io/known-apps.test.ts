import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAppCatalog } from '../../../../src/platform/desktop/app-catalog.ts';
import { knownApps } from '../../../../src/strict/io/known-apps.ts';
import { isRootsAlone } from '../../../../src/strict/io/roots-alone.ts';

// Entries of this machine, whichever they are: a folder of root's cannot be made here.
const installed = openAppCatalog({ XDG_DATA_DIRS: '/usr/share' })
  .list()
  .filter(({ paths: [path = ''] }) => isRootsAlone(path));

describe.skipIf(installed.length === 0)('knownApps', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ringfence-apps-'));
    mkdirSync(join(home, 'applications'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const session = () =>
    new Map(Object.entries({ XDG_DATA_HOME: home, XDG_DATA_DIRS: '/usr/share', PATH: `${home}:/usr/bin:/bin` }));
  const [first] = installed;
  const id = first?.id.name ?? '';

  it('lets an id count that root has installed, and none that an app may have planted', () => {
    expect(knownApps.counts(id, session(), '/nowhere')).toBe(true);
    expect(knownApps.counts('org.example.None', session(), '/nowhere')).toBe(false);
    writeFileSync(join(home, `applications/${id}.desktop`), '[Desktop Entry]\nType=Application\nExec=true\n');
    expect(knownApps.counts(id, session(), '/nowhere')).toBe(false);
    expect(knownApps.counts(id, session(), join(home, 'applications'))).toBe(true);
  });

  it('takes no program for an app’s by its name', () => {
    for (const program of ['/usr/bin/gedit', '/usr/bin/firefox-esr', '/usr/bin/gnome-text-editor'].filter((one) =>
      existsSync(one),
    )) {
      const name = program.slice('/usr/bin/'.length);
      const app = knownApps.ofProgram(program, session());
      expect(app).toBeDefined();
      expect(knownApps.ofProgram(name, session())).toBe(app);
      writeFileSync(join(home, name), '#!/bin/sh\n', { mode: 0o755 });
      expect(knownApps.ofProgram(name, session())).toBeUndefined();
      rmSync(join(home, name));
      symlinkSync('/bin/sh', join(home, name));
      expect(knownApps.ofProgram(name, session())).toBeUndefined();
    }
    expect(knownApps.ofProgram('./true', session())).toBeUndefined();
  });
});
