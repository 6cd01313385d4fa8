#!/usr/bin/env node
// npm run demo [-- --here [--yes]]: builds Ringfence and shows it at work. Without --here nothing of yours is touched: it runs
// in a virtual machine of its own (User Mode Linux: no KVM, no root), where the kernel enforces every limit, or where that
// cannot be had, as root, in a private session. With --here it runs in the session you are in, and leaves nothing behind.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { buildOnce, installModules, installPackages, prepareMachineKernel } from '../test/testbed/prepare.mjs';
import { root, run, say } from '../test/testbed/steps.mjs';

const { values } = parseArgs({ options: { here: { type: 'boolean' }, yes: { type: 'boolean' } } });
const show = ['bash', 'demo/show.sh'];

if (values.here && !(await agreed())) process.exit(1);
if (!values.here) await installPackages();
await installModules();
if (!(await buildOnce())) process.exit(1);
process.exit(values.here ? await run(show) : await elsewhere());

async function agreed() {
  console.log(`This starts the Ringfence daemon in your session, launches one app and one command through it, stops them again
and ends the daemon. It installs nothing and writes no file outside $XDG_RUNTIME_DIR and this folder.`);
  if (values.yes) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Go on? [y/N] ');
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function elsewhere() {
  // Whoever the machine's user is, the picture may be written here.
  const out = join(root, 'out/demo');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  chmodSync(out, 0o1777);
  const env = { RINGFENCE_TEST_OUT: out };
  await prepareMachineKernel();
  say('booting a virtual machine for the demo (some seconds)');
  const code = await run([join(root, 'test/testbed/machine'), ...show], { env });
  // 125: the machine itself could not be had.
  if (code !== 125) return code;
  say('no virtual machine here: a private session instead, in which the kernel may not enforce limits');
  return run([join(root, 'test/testbed/session'), '--journal', ...show], { env });
}
