import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const loader = fileURLToPath(new URL('../../../src/daemon/loader.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ringfence-loader-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the loader in a node that says that it is of this version. */
function load(version: string) {
  const preload = join(folder, 'version.cjs');
  writeFileSync(
    preload,
    `Object.defineProperty(process.versions, 'node', { value: '${version}' });
     Object.defineProperty(process, 'version', { value: 'v${version}' });`,
  );
  return spawnSync(process.execPath, ['--require', preload, loader], { encoding: 'utf8' });
}

describe('the loader', () => {
  it.each(['16.20.2', '18.18.2', '12.0.0'])('says in one line that Node.js %s is too old', (version) => {
    const { stderr, status } = load(version);
    expect(stderr).toBe(
      `loader.cjs: cannot start: ${process.execPath} is Node.js v${version}; install 18.19 or later\n`,
    );
    expect(status).toBe(70);
  });

  it.each(['18.19.0', '20.0.0', '24.1.0'])('goes on with Node.js %s', (version) => {
    // As there is no program beside it here.
    const { stderr, status } = load(version);
    expect(stderr).toBe(`loader.cjs: cannot start: ${loader}.bundle.cjs is gone; install Ringfence again\n`);
    expect(status).toBe(70);
  });
});
