import { describe, expect, it } from 'vitest';
import {
  type BusService,
  type OverrideInput,
  overrideScript,
  overrideText,
  parseBusService,
  servicesOf,
} from '../../../../src/shadows/pure/bus-service.ts';

const path = '/usr/share/dbus-1/services/org.test.App.service';
const parse = (...lines: string[]) => parseBusService(path, Buffer.from(['[D-BUS Service]', ...lines, ''].join('\n')));

describe('parseBusService', () => {
  it('reads name, command and unit', () => {
    expect(parse('Name=org.test.App', 'Exec=/bin/app --gapplication-service', 'SystemdService=app.service')).toEqual({
      path,
      name: 'org.test.App',
      argv: ['/bin/app', '--gapplication-service'],
      systemdUnit: 'app.service',
      override: false,
    });
    expect(parse('Name=org.test.App', 'Exec=/bin/app')).toMatchObject({ systemdUnit: undefined });
  });

  it('takes a percent sign and quotes as they are meant here', () => {
    expect(parse('Name=a.b', 'Exec=/bin/app 100% %u "two words"')?.argv).toEqual([
      '/bin/app',
      '100%',
      '%u',
      'two words',
    ]);
  });

  it.each([
    ['no name', ['Exec=/bin/app']],
    ['no command', ['Name=a.b']],
    ['a name of one part', ['Name=app', 'Exec=/bin/app']],
    ['a name with something before it', ['Name=/a.b', 'Exec=/bin/app']],
    ['a name with something behind it', ['Name=a.b c', 'Exec=/bin/app']],
    ['a name that ends in a dot', ['Name=a.', 'Exec=/bin/app']],
    ['a quote that is never closed', ['Name=a.b', 'Exec="/bin/app']],
  ])('finds nothing to start by a file with %s', (_what, lines) => {
    expect(parse(...lines)).toBeUndefined();
  });

  it.each(['a.b', 'org.test-2.App_1', 'a.b.c'])('takes the name %s', (name) => {
    expect(parse(`Name=${name}`, 'Exec=/bin/app')).toMatchObject({ name });
  });

  it('knows what Ringfence wrote, by the mark or by the client', () => {
    expect(parse('Name=a.b', 'Exec=/bin/app', 'X-Ringfence-Source=/x')).toMatchObject({ override: true });
    expect(parse('Name=a.b', 'Exec=/opt/ringfence-open --app=x')).toMatchObject({ override: true });
  });
});

describe('servicesOf', () => {
  const service = (name: string, ...argv: string[]): BusService => ({
    path: `/services/${name}.service`,
    name,
    argv,
    systemdUnit: undefined,
    override: false,
  });
  const names = (appName: string, ...services: BusService[]) =>
    servicesOf(appName, new Map(services.map((one) => [one.name, one]))).map(({ name }) => name);

  it('are the app’s own and those that start the same program the same way', () => {
    const nautilus = service('org.gnome.Nautilus', '/bin/nautilus', '--service');
    const files = service('org.freedesktop.FileManager1', '/bin/nautilus', '--service');
    const other = service('org.test.Other', '/bin/nautilus', '--other');
    const joined = service('org.test.Joined', '/bin/nautilus--service');
    expect(names('org.gnome.Nautilus', nautilus, files, other, joined)).toEqual([
      'org.gnome.Nautilus',
      'org.freedesktop.FileManager1',
    ]);
    expect(names('org.test.Missing', nautilus)).toEqual([]);
  });

  it.each([['/bin/false'], ['false'], ['/usr/bin/true']])('are none where only systemd starts it: %s', (program) => {
    expect(names('org.test.App', service('org.test.App', program))).toEqual([]);
  });

  it.each([['/bin/falsely'], ['/bin/unfalse'], ['/bin/false/app']])('are there for %s', (program) => {
    expect(names('org.test.App', service('org.test.App', program))).toEqual(['org.test.App']);
  });

  it('has the app’s own without a command', () => {
    expect(names('org.test.App', service('org.test.App'))).toEqual(['org.test.App']);
  });
});

const input: OverrideInput = {
  service: { path, name: 'org.test.App', argv: ['/bin/app', 'a b'], systemdUnit: 'app.service', override: false },
  appId: 'org.test.App.desktop',
  sourcePath: path,
  sourceHash: 'abc',
  scriptPath: '/home/ada/.local/share/ringfence/services/org.test.App',
  clientPath: '/opt/ringfence-open',
  version: '1.2.3',
  strict: false,
};

describe('overrideText', () => {
  it('starts the script and says where it comes from', () => {
    expect(overrideText(input)).toBe(`[D-BUS Service]
Name=org.test.App
Exec=/bin/sh /home/ada/.local/share/ringfence/services/org.test.App
X-Ringfence-Source=${path}
X-Ringfence-Hash=abc
X-Ringfence-Version=1.2.3
`);
  });

  it('quotes a path with a space', () => {
    expect(overrideText({ ...input, scriptPath: '/home/a b/script' })).toContain("Exec=/bin/sh '/home/a b/script'\n");
  });

  it.each(["'", '"', '\\', '$', '%', '\n'])('refuses a path with %j, which the buses read differently', (character) => {
    const scriptPath = `/home/a${character}b/script`;
    expect(() => overrideText({ ...input, scriptPath })).toThrow(
      expect.objectContaining({
        code: 'BadEntry',
        message: `cannot override ${path}: the path ${scriptPath} contains a quote, "$", "%" or a backslash`,
      }),
    );
  });
});

describe('overrideScript', () => {
  it('calls the client for the app and its name, with the original command', () => {
    const lines = overrideScript(input).split('\n');
    expect(lines.slice(0, 2)).toEqual(['#!/bin/sh', `# X-Ringfence-Source=${path}`]);
    expect(lines[2]).toMatch(
      /^'?\/opt\/ringfence-open'? '?--app=org\.test\.App\.desktop'? '?--service=org\.test\.App'? -- /,
    );
    expect(lines[2]).toMatch(/ '?\/bin\/app'? 'a b'$/);
    expect(overrideScript({ ...input, strict: true })).toContain('--strict');
  });
});
