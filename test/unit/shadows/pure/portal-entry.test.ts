import { expect, it } from 'vitest';
import { mainGroup, parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import { portalEntry } from '../../../../src/shadows/pure/portal-entry.ts';

const original = Buffer.from(
  '[Desktop Entry]\nType=Application\nName=Editor\nName[de]=Texteditor\nIcon=editor\nExec=editor %U\nMimeType=text/plain;\n' +
    'DBusActivatable=true\nActions=new;\n[Desktop Action new]\nName=New\nExec=editor --new\n',
);
const input = {
  ...{ id: 'org.example.Editor.desktop', original, sourcePath: '/usr/share/applications/org.example.Editor.desktop' },
  ...{ sourceHash: '0', clientPath: '/opt/ringfence-open', scriptPath: '/home/ringfence/e.sh', version: '1' },
  ...{ strict: true, window: false },
};

it('has the name and icon of the app, and leads into its sandbox', () => {
  const entry = parseDesktopEntry(portalEntry(input), '/x.desktop');
  const get = (key: string) => entry.get(mainGroup, key);
  expect([get('Name'), get('Name[de]'), get('Icon')]).toEqual(['Editor', 'Texteditor', 'editor']);
  expect(entry.getBoolean(mainGroup, 'NoDisplay')).toBe(true);
  expect(get('Exec')).toBe(
    `/bin/sh /home/ringfence/e.sh --app=${input.id} --profile=strict --strict --original=${input.sourcePath} -- %U`,
  );
});

it('opens no files of its own, and starts nothing by the bus', () => {
  const entry = parseDesktopEntry(portalEntry(input), '/x.desktop');
  for (const key of ['MimeType', 'DBusActivatable', 'Actions']) expect(entry.get(mainGroup, key)).toBeUndefined();
});
