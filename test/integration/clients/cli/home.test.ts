import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import { built, connectTestBus, connectTestClient, endAll } from '../../../fixtures/live-daemon.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
// An entry of the user's own: its home is apart from that of an installed app.
const id = 'org.gnome.gedit';
const own = join(home, '.local/share/ringfence/homes', `local.${id}`);
const ringfence = (...words: string[]) => command([built.ringfence, 'home', ...words]);

describe('ringfence home', () => {
  let daemon: Daemon;
  let client: Client;
  beforeAll(async () => {
    const entry = join(home, '.local/share/applications', `${id}.desktop`);
    mkdirSync(join(entry, '..'), { recursive: true });
    const script = 'cat .config/gedit/settings >seen; echo ran >>seen; sleep 1000';
    writeFileSync(entry, `[Desktop Entry]\nType=Application\nName=Own\nExec=sh -c "${script}"\n`);
    mkdirSync(join(home, '.config/gedit'), { recursive: true });
    writeFileSync(join(home, '.config/gedit/settings'), 'old settings\n');
    daemon = await startDaemon();
    client = await connectTestClient();
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
    rmSync(join(home, '.config/gedit'), { recursive: true });
  });
  const limits = {
    profile: 'strict',
    'memory-max': 'infinity',
    'memory-swap-max': 'infinity',
    'tasks-max': 'infinity',
  };
  const start = async () => {
    const path = await client.launch(id, [], new Map(Object.entries(limits)));
    await waitFor(() => existsSync(join(own, 'seen')), { what: 'the app' });
    return path;
  };

  it('says where it is, brings the old profile along, and starts anew', async () => {
    for (const word of [id, 'gedit', 'Own'])
      expect([word, await ringfence(word)]).toMatchObject([word, { code: 0, stdout: `${own}\nnot created yet\n` }]);
    expect(await ringfence('org.test.None')).toMatchObject({ code: 3, stdout: '' });
    expect(await ringfence('--import', id)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/: 1 file, 13 B\n$/),
    });
    const path = await start();
    expect(existsSync(join(home, 'Downloads/Own'))).toBe(true);
    await waitFor(() => readFileSync(join(own, 'seen'), 'utf8').endsWith('ran\n'), { what: 'its words' });
    expect(readFileSync(join(own, 'seen'), 'utf8')).toBe('old settings\nran\n');
    for (const option of ['--import', '--reset']) {
      expect(await ringfence(option, id)).toMatchObject({ code: 2, stderr: expect.stringMatching(/it is running/) });
    }
    await client.stop(path, 0);
    await waitFor(async () => (await client.instances()).length === 0, { what: 'its end' });
    const { stdout } = await ringfence('--json', id);
    expect(JSON.parse(stdout)).toMatchObject({ path: own, exists: true });
    expect(await ringfence('--import', id)).toMatchObject({ code: 2, stderr: expect.stringMatching(/already/) });
    const reset = JSON.parse((await ringfence('--reset', '--json', id)).stdout) as { path: string; trash: string };
    expect(reset).toEqual({ path: own, trash: expect.stringMatching(/Trash\/files\/local\.org\.gnome\.gedit$/) });
    expect(existsSync(own)).toBe(false);
    expect(existsSync(join(home, 'Downloads/Own'))).toBe(false);
    expect((await ringfence('--reset', id)).code).toBe(2);
    const imported = JSON.parse((await ringfence('--import', '--json', id)).stdout) as Record<string, unknown>;
    expect(imported).toMatchObject({ path: own, files: 1, skipped: [] });
    expect((await ringfence('--reset', id)).stdout).toMatch(/^moved to .*Trash\/files\/local\.org\.gnome\.gedit/);
  });

  it('does not start an app while something is being brought along', async () => {
    mkdirSync(`${own}.import`, { recursive: true });
    await expect(client.launch(id, [], new Map(Object.entries(limits)))).rejects.toMatchObject({
      code: 'NotEnforceable',
    });
    rmSync(`${own}.import`, { recursive: true });
  });

  it('refuses what it cannot do in one line', async () => {
    for (const words of [[], ['a', 'b'], ['../x'], ['--import', 'org.example.None'], ['--import', '--reset', id]]) {
      expect(await ringfence(...words)).toMatchObject({
        code: words.includes('org.example.None') ? 3 : 2,
        stdout: '',
        stderr: expect.stringMatching(/^ringfence: [^\n]+\n$/),
      });
    }
  });
});
