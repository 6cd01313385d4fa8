import { describe, expect, it } from 'vitest';
import { portalRules } from '../../../../src/strict/pure/portal-rules.ts';

const rules = portalRules({ openLinks: true, printing: false });
const portal = 'org.freedesktop.portal.Desktop';

describe('what an app may call of the portals', () => {
  it('are the interfaces that ask the user or give nothing away', () => {
    const open = rules.flatMap(
      (rule) => /^--call=\S+Desktop=org\.freedesktop\.portal\.(\w+)\.\*@\/org\S+desktop$/.exec(rule)?.[1] ?? [],
    );
    expect(open.sort()).toEqual([
      ...['Camera', 'Inhibit', 'MemoryMonitor', 'NetworkMonitor', 'Notification', 'PowerProfileMonitor'],
      ...['ProxyResolver', 'ScreenCast', 'Secret', 'Settings'],
    ]);
  });

  it('are the dialogs that show which file is chosen', () => {
    expect(rules.filter((rule) => rule.includes('FileChooser'))).toEqual(
      ['OpenFile', 'SaveFile'].map(
        (method) => `--call=${portal}=org.freedesktop.portal.FileChooser.${method}@/org/freedesktop/portal/desktop`,
      ),
    );
  });

  it('are links where these may be opened, by one method, and never files', () => {
    const link = `--call=${portal}=org.freedesktop.portal.OpenURI.OpenURI@/org/freedesktop/portal/desktop`;
    expect(rules.filter((rule) => rule.includes('OpenURI'))).toEqual([link]);
    expect(portalRules({ openLinks: false, printing: false })).toEqual(rules.filter((rule) => rule !== link));
  });

  it('are of documents those that tell where they are, and none that makes one', () => {
    expect(rules.filter((rule) => rule.includes('=org.freedesktop.portal.Documents='))).toEqual([
      '--call=org.freedesktop.portal.Documents=org.freedesktop.portal.Documents.GetMountPoint@/org/freedesktop/portal/documents',
      '--call=org.freedesktop.portal.Documents=org.freedesktop.portal.Documents.GetHostPaths@/org/freedesktop/portal/documents',
      '--call=org.freedesktop.portal.Documents=org.freedesktop.portal.FileTransfer.RetrieveFiles@/org/freedesktop/portal/documents',
      '--call=org.freedesktop.portal.Documents=org.freedesktop.DBus.Properties.*@/org/freedesktop/portal/documents',
      '--broadcast=org.freedesktop.portal.Documents=org.freedesktop.portal.FileTransfer.*@/org/freedesktop/portal/documents',
    ]);
  });

  it('are what comes back: requests, sessions, properties and signals', () => {
    for (const rule of [
      `--call=${portal}=org.freedesktop.portal.Request.*@/org/freedesktop/portal/desktop/*`,
      `--call=${portal}=org.freedesktop.portal.Session.*@/org/freedesktop/portal/desktop/*`,
      `--call=${portal}=org.freedesktop.DBus.Properties.*@/org/freedesktop/portal/desktop`,
      `--broadcast=${portal}=*@/org/freedesktop/portal/desktop`,
      `--broadcast=${portal}=*@/org/freedesktop/portal/desktop/*`,
    ])
      expect(rules).toContain(rule);
    expect(rules).toHaveLength(12 + 1 + 5 + 5);
  });
});
