import { expect, it } from 'vitest';
import { commandIn } from '../../../../src/window/pure/command-in.ts';

it('takes the command out of a fix', () => {
  expect(commandIn('run "ringfence install", then log in again')).toBe('ringfence install');
});

it('takes the first command where other words are quoted too', () => {
  expect(commandIn('where "x" is off, "sudo apt-get install bubblewrap" or "sudo reboot"')).toBe(
    'sudo apt-get install bubblewrap',
  );
});

it('takes no quoted sentence for a command', () => {
  const fix = 'read "how ringfence install works"';
  expect(commandIn(fix)).toBe(fix);
});

it('takes all of a fix that names no command', () => {
  const fix = 'remove "cgroup_disable=memory" from the kernel command line';
  expect(commandIn(fix)).toBe(fix);
});
