import { readFileSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processFacts, temporaryFolder } from '../../../fixtures/live-daemon.ts';
import { program, shellWorld } from '../../../fixtures/shell-world.ts';
import { cgroupOf } from '../../../harness/cgroup.ts';
import { command } from '../../../harness/command.ts';
import { waitFor } from '../../../harness/wait-for.ts';

describe('the old commands', () => {
  const world = shellWorld();

  const asked = async () => {
    const [instance] = await waitFor(
      async () => {
        const instances = await world.client.instances();
        return instances.length > 0 && instances;
      },
      { what: 'an instance' },
    );
    if (instance === undefined) throw new Error('no instance');
    const requested = instance.report.filter((row) => row.get('origin') === 'request');
    return { instance, limits: Object.fromEntries(requested.map((row) => [row.get('name'), row.get('asked')])) };
  };

  describe('ssc', () => {
    it('-isolation=relaxed /bin/bash -i is a shell on the terminal', async () => {
      const tab = await world.terminal.open([
        'env',
        'PS1=ready> ',
        program('ssc'),
        '-isolation=relaxed',
        '/bin/bash',
        '-i',
      ]);
      await tab.shows(/[>$]\s*$/);
      expect(processFacts(tab.pid)?.argv).toEqual(['/bin/bash', '-i']);
      const { instance, limits } = await asked();
      expect(instance).toMatchObject({ profile: 'relaxed', pids: [tab.pid] });
      expect(limits).toEqual({ 'memory-max': '70%' });
    });

    it('-tty=false starts a program off the terminal and returns', async () => {
      const folder = temporaryFolder();
      const { code, stdout } = await command([program('ssc'), '-tty=false', '-isolation=relaxed', 'sleep', '1000'], {
        cwd: folder,
        env: { EQUALS: 'a=b=c', 'BASH_FUNC_f%%': '() { :; }' },
      });
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      const { instance, limits } = await asked();
      expect(limits).toEqual({ 'memory-max': '70%' });
      const facts = await waitFor(
        () => {
          const found = processFacts(instance.pids[0] ?? 0);
          return found?.argv[0] === 'sleep' && found;
        },
        { what: 'sleep' },
      );
      expect(facts.environment.get('EQUALS')).toBe('a=b=c');
      expect(facts.environment.get('BASH_FUNC_f%%')).toBe('() { :; }');
      expect(facts.environment.get('PWD')).toBe(folder);
    });

    it.each([
      [['-tty', '--isolation', 'relaxed']],
      [['--tty=t', '-isolation=relaxed']],
      [['-isolation', 'relaxed', '--tty=TRUE', '--']],
    ])('reads its flags as Go does: %j', async (flags) => {
      const { stdout, code } = await command([program('ssc'), ...flags, 'cat', '/proc/self/cgroup']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/app-ringfence-cat-\d+\.scope/);
    });

    it.each([
      [['-x', 'true'], 'flag provided but not defined: -x', 2],
      [['--memory=1G', 'true'], 'flag provided but not defined: -memory', 2],
      [['-tty=maybe', 'true'], 'invalid boolean value "maybe" for -tty: parse error', 2],
      [['-isolation'], 'flag needs an argument: -isolation', 2],
      [['---tty', 'true'], 'bad flag syntax: ---tty', 2],
    ])('refuses %j in its own words', async (args, words, code) => {
      const result = await command([program('ssc'), ...args]);
      expect(result).toMatchObject({ code, stdout: '' });
      const [first, second] = result.stderr.split('\n');
      expect(first).toBe(words);
      expect(second).toMatch(/^Usage of .*ssc:$/);
    });

    it('refuses an isolation it does not know', async () => {
      const result = await command([program('ssc'), '-isolation=loose', 'true']);
      expect(result.code).toBe(1);
      expect(result.stderr).toBe('Unsupported value for -isolation parameter: loose\n');
    });

    it.each([[[]], [['-tty=false']]])('finds no command that is not there, with flags %j', async (flags) => {
      const args = ['-isolation=relaxed', ...flags, 'no-such-command'];
      expect((await command([program('ssc'), ...args])).code).toBe(127);
    });

    it('hands on the whole environment on the terminal too', async () => {
      const env = { EQUALS: 'a=b=c', IFS: ':', 'BASH_FUNC_f%%': '() { :; }' };
      const { stdout } = await command([program('ssc'), '-isolation=relaxed', 'env', '-0'], { env });
      const expected = ['EQUALS=a=b=c', 'IFS=:', 'BASH_FUNC_f%%=() { :; }'];
      expect(stdout.split('\0')).toEqual(expect.arrayContaining(expected));
    });

    it('works through a symbolic link', async () => {
      const link = `${temporaryFolder()}/ssc`;
      symlinkSync(program('ssc'), link);
      expect((await command([link, '-isolation=relaxed', 'sh', '-c', 'exit 5'])).code).toBe(5);
    });
  });

  it('safeshell is the shell of the user with one core and 70 % of the memory', async () => {
    const tab = await world.terminal.open(['env', 'SHELL=/bin/bash', program('safeshell')]);
    await tab.shows(/[>$]\s*$/);
    const { instance, limits } = await asked();
    expect(limits).toEqual({ 'memory-max': '70%', 'cpu-quota': '100%' });
    expect(instance.pids).toEqual([tab.pid]);
    expect(cgroupOf(tab.pid)).toContain(instance.unit);
  });

  it('safeapp needs a command', async () => {
    expect((await command([program('safeapp')])).code).toBe(2);
    expect((await command([program('safeapp'), ''])).code).toBe(2);
  });

  it.each(['ringfence', 'ringfenced', 'ringfence-open', 'ringfence-shell', 'ssc', 'safeapp', 'safeshell'])(
    '%s --help and --version are answered on the standard output, and nothing is started',
    async (name) => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      for (const flag of ['--help', '-h']) {
        const help = await command([program(name), flag]);
        expect(help).toMatchObject({ code: 0, stderr: '' });
        expect(help.stdout).toMatch(new RegExp(`^(Start any app .*\\n\\n)?Usage( of|:) .*${name}`));
      }
      expect(await command([program(name), '--version'])).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(new RegExp(`^${name} (\\(Ringfence\\) )?${version}\\n$`)),
        stderr: '',
      });
      expect(await world.client.instances()).toEqual([]);
    },
  );
});
