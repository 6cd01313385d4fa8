import { expect, it } from 'vitest';
import { askedSchemes, associationFiles } from '../../../../src/strict/pure/link-schemes.ts';

it('names every scheme that has a handler, and the web’s and mail only for an app without a network', () => {
  const cache = '[MIME Cache]\nx-scheme-handler/http=firefox.desktop;\nx-scheme-handler/ssh=terminal.desktop;\n';
  const list =
    '[Default Applications]\n x-scheme-handler/MailTo = mail.desktop\nx-scheme-handler/Steam= steam.desktop\n';
  const other =
    'x-scheme-handler/ssh=another.desktop;\ntext/plain=editor.desktop;\nx-scheme-handler/=none\n#x-scheme-handler/a=b\n';
  expect(askedSchemes([cache, '', list, other], { network: true })).toEqual(['ssh', 'steam']);
  const offline = ['http', 'https', 'mailto', 'ssh', 'steam'];
  expect(askedSchemes([cache, '', list, other], { network: false })).toEqual(offline);
});

it('looks where GLib does', () => {
  const files = associationFiles({ config: ['/h/.config'], data: ['/usr/share'], desktop: 'ubuntu:GNOME:../x' });
  expect(files).toEqual([
    ...['ubuntu-mimeapps.list', 'gnome-mimeapps.list', 'mimeapps.list'].map((name) => `/h/.config/${name}`),
    ...['ubuntu-mimeapps.list', 'gnome-mimeapps.list', 'mimeapps.list'].map(
      (name) => `/usr/share/applications/${name}`,
    ),
    ...['defaults.list', 'mimeinfo.cache'].map((name) => `/usr/share/applications/${name}`),
  ]);
});
