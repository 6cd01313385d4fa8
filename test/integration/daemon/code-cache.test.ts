import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { built, temporaryFolder } from '../../fixtures/live-daemon.ts';
import { command } from '../../harness/command.ts';

/** Tells what V8 makes of a cache that a program brings. */
const witness = `
const vm = require('node:vm');
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    if (options.cachedData === undefined) return;
    console.error(JSON.stringify({ rejected: this.cachedDataRejected, bytes: options.cachedData.length, source: source.length }));
  }
};`;

describe('the code cache of the build', () => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder();
    writeFileSync(join(folder, 'witness.cjs'), witness);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the program as its first line has it. */
  async function cacheOf(program: string): Promise<{ rejected: boolean; bytes: number; source: number }> {
    const [, flags = ''] = /^#!\S+ -S node ?(.*)$/m.exec(readFileSync(program, 'utf8')) ?? [];
    const words = [...flags.split(' ').filter(Boolean), '--require', join(folder, 'witness.cjs'), program, '--version'];
    const { code, stderr } = await command([process.execPath, ...words]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stderr);
  }

  it("has all of the daemon's functions, whose bytecode is longer than their text, and is taken", async () => {
    const { rejected, bytes, source } = await cacheOf(built.ringfenced);
    expect(rejected).toBe(false);
    expect(bytes).toBeGreaterThan(2 * source);
  });

  it('has for a command what that needs, and is taken', async () => {
    const { rejected, bytes, source } = await cacheOf(built.ringfence);
    expect(rejected).toBe(false);
    expect(bytes).toBeLessThan(source);
  });
});
