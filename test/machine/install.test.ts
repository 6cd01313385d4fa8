import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { cgroupFolder, readCgroup } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';

const program = fileURLToPath(new URL('../../dist/ringfence', import.meta.url));

describe('installed on a machine of its own', () => {
  afterAll(async () => void (await command([program, 'uninstall'])));

  it('works by itself, and the doctor has nothing to say against it', async () => {
    expect((await command([program, 'install'])).stdout).toMatch(/ is installed and answers on the bus\.\nNext: .*\n$/);
    const { stdout, code } = await command([program, 'doctor']);
    expect(stdout).not.toContain('MISSING');
    expect(stdout).toMatch(/^memory limits +works /m);
    expect(stdout).toMatch(/^task limits +works /m);
    expect(stdout).toMatch(/^Ringfence works here/m);
    expect(code).toBe(0);
  });

  it('has the daemon come back beside an app that takes all of the processor', async () => {
    await command([program, 'install']);
    // In the apps' slice it would be one process among theirs.
    expect(await cgroupFolder('ringfence.service')).toMatch(/\/session\.slice\/ringfence\.service$/);
    expect(await readCgroup('ringfence.service', 'cpu.weight')).toBe('100');
    expect(await readCgroup('session.slice', 'cpu.weight')).toBe('100');
    const app = await output([program, 'run', '--', 'sleep', '1000']);
    expect(await cgroupFolder(app.split('\n')[0] ?? '')).toMatch(/\/app\.slice\/app-ringfence-/);
    await output([program, 'stop', 'sleep']);
  });
});
