import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { command } from '../harness/command.ts';

const program = fileURLToPath(new URL('../../dist/ringfence', import.meta.url));

describe('installed on a machine of its own', () => {
  afterAll(async () => void (await command([program, 'uninstall'])));

  it('works by itself, and the doctor has nothing to say against it', async () => {
    expect((await command([program, 'install'])).stdout).toMatch(/ is installed and answers on the bus\.\n$/);
    const { stdout, code } = await command([program, 'doctor']);
    expect(stdout).not.toContain('MISSING');
    expect(stdout).toMatch(/^memory limits +works /m);
    expect(stdout).toMatch(/^task limits +works /m);
    expect(stdout).toMatch(/^Ringfence works here/m);
    expect(code).toBe(0);
  });
});
