import { expect, it } from 'vitest';
import { startedProgram } from '../../../../src/strict/pure/started-program.ts';

const started = (...lines: string[]) =>
  startedProgram(Buffer.from(['[Desktop Entry]', ...lines, ''].join('\n')), '/a.desktop');

it.each([
  ['firefox %u', 'firefox'],
  ['"/opt/My App/app" --new %F', '/opt/My App/app'],
  ['env GDK_BACKEND=x11 MOZ_=1 app %U', 'app'],
  ['/usr/bin/env A=1 app', 'app'],
  ['env', undefined],
  ['env A=1', undefined],
  ['environment A=1 app', 'environment'],
  ['A=1 app', 'A=1'],
  ['env a-b=1 app', 'a-b=1'],
  ['env =x app', '=x'],
  ['env %c app', undefined],
  ['""', undefined],
  ['%f', undefined],
  ['app"', undefined],
])('Exec=%s starts %s', (exec, program) => expect(started(`Exec=${exec}`)).toBe(program));

it('is none where there is no command, or no entry', () => {
  expect(started('Name=a')).toBeUndefined();
  expect(started('nonsense')).toBeUndefined();
});

it('takes no other failure for a faulty entry', () => {
  expect(() => startedProgram(undefined as unknown as Uint8Array, '/a')).toThrow(TypeError);
});
