import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { openGSettings } from '../../src/install/io/gsettings.ts';
import { openCgroups } from '../../src/platform/kernel/cgroups.ts';
import { openProcessTree } from '../../src/platform/kernel/process-tree.ts';
import { desktopSettingsContract } from '../fixtures/desktop-settings-contract.ts';
import { type Family, processTreeContract } from '../fixtures/process-tree-contract.ts';
import { cgroupOf } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { waitFor } from '../harness/wait-for.ts';

// What the fakes of the unit tests promise to be like: the same suites on the real thing.

const root = '/sys/fs/cgroup';
const family = `
import os, sys, time
child = os.fork()
if child == 0:
    os.setsid()
    grandchild = os.fork()
    if grandchild == 0:
        time.sleep(1000)
    print(os.getpid(), grandchild, flush=True)
    time.sleep(1000)
os.waitpid(child, 0)
print("ended", flush=True)
time.sleep(1000)
`;

async function startFamily(): Promise<Family> {
  const elsewhere = 'app-test-elsewhere.service';
  await output(['systemd-run', '--user', '--quiet', `--unit=${elsewhere}`, '--slice=app.slice', 'sleep', '1000']);
  const host = Number(await output(['systemctl', '--user', 'show', '--property=MainPID', '--value', elsewhere]));
  const parent = spawn('/usr/bin/python3', ['-c', family], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await waitFor(() => said.endsWith('\n'), { what: 'the family' });
  const [child = 0, grandchild = 0] = said.trim().split(' ').map(Number);
  return {
    processes: openProcessTree(root),
    cgroups: openCgroups(root),
    root: parent.pid ?? 0,
    child,
    grandchild,
    elsewhere: cgroupOf(host) ?? '',
    async endChild() {
      process.kill(child, 'SIGKILL');
      await waitFor(() => said.includes('ended'), { what: 'the parent to take note' });
    },
    async stop() {
      process.kill(grandchild, 'SIGKILL');
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      await command(['systemctl', '--user', 'stop', elsewhere]);
    },
  };
}

processTreeContract('the kernel', startFamily);
desktopSettingsContract('dconf', () => openGSettings({ ...process.env, HOME: homedir() }));
