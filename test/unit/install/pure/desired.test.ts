import { describe, expect, it } from 'vitest';
import { isRingfenceError } from '../../../../src/domain/errors.ts';
import { desiredInstall, nodeFlags, type PackageFile, signature } from '../../../../src/install/pure/desired.ts';
import { installPlaces } from '../../../../src/install/pure/places.ts';

const file = (name: string, content: string, executable = false): PackageFile => ({
  name,
  content: Buffer.from(content),
  executable,
});
const files = [
  file('dist/ringfenced', '#!/usr/bin/env -S node --flag=1\n', true),
  file('dist/ringfenced.cache', 'cache'),
  file('dist/ringfenced.bundle.cjs', 'bundle'),
  file('dist/ringfence-open', '#!/bin/sh\n', true),
  file('dist/man/ringfence.1', 'page\n'),
  file('dist/ringfence-window', '#!/usr/bin/env -S gjs -m\n', true),
  file('dist/window/org.ringfence.Ringfence.desktop.in', '[Desktop Entry]\nExec=@window@\n'),
  file('dist/window/org.ringfence.Ringfence.service.in', 'Exec=@window@ --gapplication-service\n'),
  file('dist/window/org.ringfence.Ringfence.svg', '<svg/>'),
  file('dbus/ringfence.service.in', 'ExecStart=@node@ @flags@ @ringfenced@\n'),
  file('dbus/org.ringfence.Ringfence1.service.in', 'Exec=@node@ @flags@ @ringfenced@\n'),
];
const completions = { bash: 'b', zsh: 'z', fish: 'f' };

function install(
  environment: Record<string, string>,
  changes: { node?: string; files?: PackageFile[]; window?: boolean } = {},
) {
  const places = installPlaces(environment);
  const desired = desiredInstall({ places, files, node: '/usr/bin/node', completions, window: true, ...changes });
  const text = (path: string) => {
    const found = desired.find((place) => place.path === path);
    const contents = found?.contents;
    return contents?.type === 'file' ? Buffer.from(contents.bytes()).toString() : contents?.target;
  };
  return { desired, places, text };
}

describe('desiredInstall', () => {
  it('fills the templates', () => {
    const { places, text } = install({ HOME: '/home/ada' });
    const command = '/usr/bin/node --flag=1 /home/ada/.local/share/ringfence/dist/ringfenced';
    expect(text(places.unit)).toBe(`ExecStart=${command}\n`);
    expect(text(places.service)).toBe(`Exec=${command}\n`);
  });

  it('quotes what needs it, for each reader in its own way', () => {
    const { places, text } = install({ HOME: '/home/ada b', XDG_DATA_HOME: '/data/100%/é' });
    const daemon = '"/data/100%/é/ringfence/dist/ringfenced"';
    expect(text(places.service)).toBe(`Exec=/usr/bin/node --flag=1 ${daemon}\n`);
    expect(text(places.unit)).toBe(`ExecStart=/usr/bin/node --flag=1 ${daemon.replace('%', '%%')}\n`);
  });

  it.each(['/home/a"b', '/home/a\\b', '/home/a$b', '/home/a\nb'])('refuses the home %j', (HOME) => {
    expect(() => install({ HOME })).toThrow(expect.toSatisfy((error) => isRingfenceError(error, 'InvalidArgument')));
  });

  it('refuses a package that is not whole', () => {
    const incomplete = files.filter(({ name }) => name !== 'dist/ringfenced');
    expect(() => install({ HOME: '/home/ada' }, { files: incomplete })).toThrow(
      expect.toSatisfy((error) => isRingfenceError(error, 'Failed')),
    );
  });

  it('writes the bundle before its cache, and what starts the daemon last', () => {
    const { desired, places } = install({ HOME: '/home/ada' });
    const at = (path: string) => desired.findIndex((place) => place.path === path);
    expect(at(`${places.package}/dist/ringfenced.bundle.cjs`)).toBeLessThan(
      at(`${places.package}/dist/ringfenced.cache`),
    );
    expect(desired.at(-1)?.path).toBe(places.service);
  });

  it('links programs, and puts man pages where man looks for them', () => {
    const { text } = install({ HOME: '/home/ada' });
    expect(text('/home/ada/.local/bin/ringfence-open')).toBe('/home/ada/.local/share/ringfence/dist/ringfence-open');
    expect(text('/home/ada/.local/bin/ringfenced.cache')).toBeUndefined();
    expect(text('/home/ada/.local/share/man/man1/ringfence.1')).toBe(`page\n.\\" ${signature}\n`);
  });

  it('is all of it, in this order, as one', () => {
    const more = [
      file('dist/man/notes.txt', 'no page'),
      file('lib/dist/tool', 'no program', true),
      file('dist/x.sh', 'x', true),
    ];
    const { desired } = install(
      { HOME: '/home/ada' },
      {
        files: [
          ...more,
          file('dist/man/x.10', ''),
          ...files,
          file('dist/open.rest', 'rest'),
          file('dist/notes', 'no program'),
        ],
        window: false,
      },
    );
    const data = '/home/ada/.local/share';
    expect(
      desired.map(
        ({ path, needed, contents }) =>
          `${needed ? 'needs' : 'would like'} ${path}${contents.type === 'link' ? ` -> ${contents.target}` : ` ${contents.mode.toString(8)}`}`,
      ),
    ).toEqual([
      `needs ${data}/ringfence/dist/open.rest 644`,
      `needs ${data}/ringfence/dist/man/notes.txt 644`,
      `needs ${data}/ringfence/lib/dist/tool 755`,
      `needs ${data}/ringfence/dist/x.sh 755`,
      `needs ${data}/ringfence/dist/man/x.10 644`,
      `needs ${data}/ringfence/dist/ringfenced 755`,
      `needs ${data}/ringfence/dist/ringfenced.bundle.cjs 644`,
      `needs ${data}/ringfence/dist/ringfence-open 755`,
      `needs ${data}/ringfence/dist/man/ringfence.1 644`,
      `needs ${data}/ringfence/dbus/ringfence.service.in 644`,
      `needs ${data}/ringfence/dbus/org.ringfence.Ringfence1.service.in 644`,
      `needs ${data}/ringfence/dist/notes 644`,
      `needs ${data}/ringfence/dist/ringfenced.cache 644`,
      `would like /home/ada/.local/bin/ringfenced -> ${data}/ringfence/dist/ringfenced`,
      `would like /home/ada/.local/bin/ringfence-open -> ${data}/ringfence/dist/ringfence-open`,
      `would like ${data}/man/man1/ringfence.1 644`,
      `would like ${data}/bash-completion/completions/ringfence 644`,
      `would like ${data}/zsh/site-functions/_ringfence 644`,
      `would like ${data}/fish/vendor_completions.d/ringfence.fish 644`,
      `needs ${data}/systemd/user/ringfence.service 644`,
      `would like ${data}/systemd/user/graphical-session.target.wants/ringfence.service -> ../ringfence.service`,
      `needs ${data}/dbus-1/services/org.ringfence.Ringfence1.service 644`,
    ]);
    for (const { group, unmistakable, kind, contents } of desired) {
      expect({ group, unmistakable, kind }).toEqual({ group: 'install', unmistakable: true, kind: contents.type });
      if (contents.type === 'file') expect(contents.modeCounts).toBe(true);
    }
  });

  it('signs completions', () => {
    const { text } = install({ HOME: '/home/ada' });
    expect(text('/home/ada/.local/share/zsh/site-functions/_ringfence')).toBe(`z# ${signature}\n`);
  });

  it('leaves one space where there are no flags, and no other line of a template is changed', () => {
    const program = file('dist/ringfenced', '#!/usr/bin/env -S node\n', true);
    const template = file(
      'dbus/ringfence.service.in',
      '# Exec=a  b\nExecStart=@node@ @flags@ @ringfenced@ c  d\nEnvironment=A=a  b\n',
    );
    const others = files.filter(({ name }) => ![program.name, template.name].includes(name));
    const { places, text } = install({ HOME: '/h' }, { files: [program, template, ...others] });
    expect(text(places.unit)).toBe(
      '# Exec=a  b\nExecStart=/usr/bin/node /h/.local/share/ringfence/dist/ringfenced c  d\nEnvironment=A=a  b\n',
    );
    expect(text(places.service)).toBe('Exec=/usr/bin/node /h/.local/share/ringfence/dist/ringfenced\n');
  });

  it('says what is missing, and which path no unit can name', () => {
    expect(() => install({ HOME: '/h' }, { files: [] })).toThrow(
      'cannot install: the package has no dist/ringfenced; build it with "npm run build"',
    );
    expect(() => install({ HOME: '/h' }, { node: 'node' })).toThrow('cannot install: "node" cannot be named in a unit');
  });

  it('puts the window where a desktop finds it, and not among the commands', () => {
    const { places, text } = install({ HOME: '/home/ada 100%' });
    const program = '"/home/ada 100%/.local/share/ringfence/dist/ringfence-window"';
    expect(text(places.windowEntry)).toBe(`[Desktop Entry]\nExec=${program.replace('%', '%%')}\n# ${signature}\n`);
    expect(text(places.windowService)).toBe(`Exec=${program} --gapplication-service\n# ${signature}\n`);
    expect(text(`${places.data}/icons/hicolor/scalable/apps/org.ringfence.Ringfence.svg`)).toBe(
      `${places.package}/dist/window/org.ringfence.Ringfence.svg`,
    );
    expect(text(`${places.bin}/ringfence-window`)).toBeUndefined();
  });

  it('links the pictures and the description of the window that the package has, and can do without all of it', () => {
    const own = 'org.ringfence.Ringfence';
    const more = [file(`dist/window/${own}-symbolic.svg`, ''), file(`dist/window/${own}.metainfo.xml`, '')];
    const { desired, places, text } = install({ HOME: '/h' }, { files: [...files, ...more] });
    expect(text(`${places.data}/icons/hicolor/symbolic/apps/${own}-symbolic.svg`)).toBe(
      `${places.package}/dist/window/${own}-symbolic.svg`,
    );
    expect(text(`${places.data}/metainfo/${own}.metainfo.xml`)).toBe(
      `${places.package}/dist/window/${own}.metainfo.xml`,
    );
    const outside = desired.filter(({ path }) => path.includes(own) && !path.startsWith(places.package));
    expect(outside.map(({ needed }) => needed)).toEqual([false, false, false, false, false, true]);
    expect(outside.at(-1)?.path).toBe(places.service);
  });

  it('leaves the window out where it cannot run', () => {
    const { desired } = install({ HOME: '/home/ada' }, { window: false });
    expect(desired.filter(({ path }) => /window|org\.ringfence\.Ringfence\./.test(path))).toEqual([]);
    expect(desired).toHaveLength(install({ HOME: '/home/ada' }).desired.length - 7);
  });

  it('ignores relative XDG folders', () => {
    expect(installPlaces({ HOME: '/home/ada', XDG_DATA_HOME: 'data' }).data).toBe('/home/ada/.local/share');
  });
});

describe('nodeFlags', () => {
  it.each([
    ['#!/usr/bin/env -S node --a --b=1\nx', '--a --b=1'],
    ['#!/usr/bin/env -S node\nx', ''],
    ['#!/usr/bin/env -S node --a   \nx', '--a'],
    ['#!/bin/sh\n', ''],
    ['\n# #!/usr/bin/env -S node --a\n', ''],
  ])('reads %j', (program, flags) => expect(nodeFlags(program)).toBe(flags));
});
