import { describe, expect, it } from 'vitest';
import { judgeEntry, termsOf } from '../../../../src/strict/pure/entry-terms.ts';
import { plainSettings } from './example-host.ts';

const lists = { configured: [], ownNames: [], calls: [], shares: [], links: [] };
const admitted = { settings: plainSettings, openLinks: true, ...lists };
const terms = (rest: Partial<Parameters<typeof termsOf>[0]> = {}, display: Parameters<typeof termsOf>[1] = {}) =>
  termsOf({ ...admitted, ...rest }, display, { unset: [], set: new Map() });

describe('judgeEntry', () => {
  it('lets the same start in', () => expect(judgeEntry(terms(), terms())).toBeUndefined());

  it.each([
    ['network', { settings: { ...plainSettings, network: false } }],
    ['x11', { settings: { ...plainSettings, x11: false } }],
    ['sound', { settings: { ...plainSettings, sound: true } }],
    ['wayland', { settings: { ...plainSettings, wayland: false } }],
    ['gpu', { settings: { ...plainSettings, gpu: false } }],
    ['printing', { settings: { ...plainSettings, printing: true } }],
    ['open-links', { openLinks: false }],
    ['shared folders', { configured: [{ path: '/data', writable: true }] }],
    ['own-names', { ownNames: ['org.example.A'] }],
    ['talk-names', { calls: ['org.example.A=a.b@/'] }],
  ])('tells a difference in %s, either way', (name, other) => {
    expect(judgeEntry(terms(), terms(other))).toContain(name);
    expect(judgeEntry(terms(other), terms())).toContain(name);
  });

  it('tells another display', () => {
    expect(judgeEntry(terms({}, { display: ':1' }), terms({}, { waylandDisplay: 'wayland-0' }))).toContain('display');
  });

  it('lets into a sandbox of a version that knew a choice less', () => {
    const { gpu: _, ...choices } = terms().choices;
    expect(judgeEntry({ ...terms(), choices }, terms())).toBeUndefined();
  });

  it('lets in what is shared already, and no more', () => {
    const made = terms({
      shares: [
        { path: '/data', writable: true },
        { path: '/read', writable: false },
      ],
    });
    const wants = (path: string, writable: boolean) => judgeEntry(made, terms({ shares: [{ path, writable }] }));
    expect(wants('/data/letter', true)).toBeUndefined();
    expect(wants('/read/letter', false)).toBeUndefined();
    expect(wants('/read/letter', true)).toContain('/read/letter');
    expect(wants('/other', false)).toContain('/other');
    expect(wants('/database', false)).toContain('/database');
  });

  it('wants the same symlinks made inside', () => {
    const link = { path: '/home/x/Papers', target: '/data/papers' };
    const made = terms({ links: [link], shares: [{ path: '/share', writable: true }] });
    const wants = (path: string, target: string) => judgeEntry(made, terms({ links: [{ path, target }] }));
    expect(wants(link.path, link.target)).toBeUndefined();
    expect(wants('/share/link', '/data')).toBeUndefined();
    expect(wants(link.path, '/data/other')).toContain(link.path);
    expect(wants('/home/x/Music', link.target)).toContain('/home/x/Music');
    const { links: _, ...old } = made;
    expect(judgeEntry(old, terms({ links: [link] }))).toContain(link.path);
  });
});
