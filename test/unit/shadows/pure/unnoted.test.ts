import { describe, expect, it } from 'vitest';
import { overrideText, parseBusService } from '../../../../src/shadows/pure/bus-service.ts';
import type { ShadowKind } from '../../../../src/shadows/pure/manifest.ts';
import { scopeDropIn } from '../../../../src/shadows/pure/scope-drop-in.ts';
import {
  autostartEntry,
  type ShadowInput,
  shadowEntry,
  shadowScript,
} from '../../../../src/shadows/pure/shadow-entry.ts';
import { cacheMark, describeItself } from '../../../../src/shadows/pure/unnoted.ts';

const source = '/usr/share/applications/a.desktop';
const input: ShadowInput = {
  id: 'a.desktop',
  original: Buffer.from('[Desktop Entry]\nType=Application\nName=A\nExec=a\n'),
  sourcePath: source,
  sourceHash: '00',
  clientPath: '/opt/ringfence-open',
  scriptPath: '/home/anna/.local/share/applications/ringfence/a.sh',
  version: '1',
  strict: false,
  window: false,
};
const told = (kind: ShadowKind, text: string | Buffer, name = 'a.desktop') =>
  describeItself(kind, name, Buffer.from(text as string));

describe('a file that Ringfence wrote', () => {
  it.each([false, true])('is known as an icon (strict: %s)', (strict) => {
    expect(told('entry', shadowEntry({ ...input, strict }))).toEqual({ app: 'a.desktop', source, strict });
  });

  it.each(['a.desktop', 'A b.desktop c.desktop'])('is known as the script of the icon %s', (id) => {
    for (const sourcePath of [source, '/a\\n b.desktop']) {
      const script = shadowScript({ ...input, id, sourcePath });
      expect(told('script', script, 'a.sh')).toEqual({ app: id, source: sourcePath, strict: false });
    }
    expect(told('script', shadowScript(input).replace('X-Ringfence-', ''))).toBeUndefined();
    expect(told('script', `\n${shadowScript(input)}`)).toBeUndefined();
  });

  it('is known as an autostart entry', () => {
    const entry = autostartEntry({ ...input, scriptPath: '/home/anna/.local/share/ringfence/autostart/a.sh' });
    expect(told('autostart', entry)).toEqual({ app: 'a.desktop', source, strict: false });
  });

  it('is known as an activation file, by the name on the bus', () => {
    const path = '/usr/share/dbus-1/services/x.service';
    const service = parseBusService(path, Buffer.from('[D-BUS Service]\nName=org.test.A\nExec=/bin/a\n'));
    if (service === undefined) throw new Error('it is a service');
    const script = '/home/anna/.local/share/ringfence/services/org.test.A.sh';
    const text = overrideText({ ...input, service, appId: 'org.test.A.desktop', sourcePath: path, scriptPath: script });
    expect(told('service', text, 'x.service')).toEqual({ app: 'org.test.A.desktop', source: path, strict: false });
  });

  it('is known as a drop-in', () => {
    expect(told('drop-in', scopeDropIn('org.test.A.desktop', source, []), 'ringfence.conf')).toEqual({
      app: 'org.test.A.desktop',
      source,
      strict: false,
    });
  });

  it('is known as a list of associations', () => {
    expect(told('mime-cache', `${cacheMark}\n[MIME Cache]\n`, 'mimeinfo.cache')).toEqual({
      app: '',
      source: '',
      strict: false,
    });
  });
});

describe('a file that is somebody else’s, or was edited', () => {
  const whole = {
    'X-Ringfence-Source': source,
    'X-Ringfence-Hash': '00',
    'X-Ringfence-Version': '1',
    Exec: '/bin/sh /opt/ringfence/x --app=a.desktop --strict -- a',
  };
  const entry = (changes: Record<string, string | undefined>) =>
    [
      '[Desktop Entry]',
      ...Object.entries({ ...whole, ...changes }).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}=${value}`],
      ),
      '',
    ].join('\n');

  it('is told from one that is whole', () => {
    expect(told('entry', entry({}))).toEqual({ app: 'a.desktop', source, strict: true });
  });

  it.each<[what: string, changes: Record<string, string | undefined>]>([
    ['the source', { 'X-Ringfence-Source': undefined }],
    ['an absolute source', { 'X-Ringfence-Source': 'usr/share/a.desktop/' }],
    ['the hash', { 'X-Ringfence-Hash': undefined }],
    ['the version', { 'X-Ringfence-Version': undefined }],
    ['a command', { Exec: undefined }],
    ['a command through Ringfence', { Exec: 'a --strict ' }],
  ])('is nobody’s without %s', (_what, changes) => expect(told('entry', entry(changes))).toBeUndefined());

  it('is somebody’s who has copied it: as an app of another name, or to what is started with the session', () => {
    const shadow = shadowEntry(input);
    expect(told('entry', shadow, 'b.desktop')).toBeUndefined();
    expect(told('autostart', shadow)).toBeUndefined();
    const inline = shadow
      .toString()
      .replace(/^Exec=\S+ \S+ /m, 'Exec=/bin/sh -c "x; y" "/opt/Ring Fence/ringfence-open" ');
    expect(told('entry', inline)).toEqual({ app: 'a.desktop', source, strict: false });
    expect(told('autostart', inline)).toBeUndefined();
  });

  it('is nobody’s when it cannot be read, or says it in another place', () => {
    expect(told('entry', 'nonsense')).toBeUndefined();
    expect(told('service', entry({}))).toBeUndefined();
    expect(told('entry', entry({}).replace('[Desktop Entry]', '[D-BUS Service]'))).toBeUndefined();
    expect(told('mime-cache', `[MIME Cache]\n${cacheMark}\n`)).toBeUndefined();
    expect(told('mime-cache', cacheMark)).toBeUndefined();
    expect(told('entry', `${cacheMark}\n`)).toBeUndefined();
  });

  const dropIn = `# The limits of a.desktop, by Ringfence\n# X-Ringfence-Source=${source}\n`;
  it.each([
    ['another first line', `\n${dropIn}`],
    ['no app', dropIn.replace('a.desktop', 'a')],
    ['two words for an app', dropIn.replace('a.desktop', 'a b.desktop')],
    ['a relative source', dropIn.replace(source, 'usr')],
    ['a source that is cut short', dropIn.slice(0, -1)],
    ['nothing', ''],
  ])('is no drop-in of ours with %s', (_what, text) => expect(told('drop-in', text)).toBeUndefined());
});
