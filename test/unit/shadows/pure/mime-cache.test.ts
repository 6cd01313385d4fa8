import { describe, expect, it } from 'vitest';
import { mimeCacheText } from '../../../../src/shadows/pure/mime-cache.ts';

const system = '[MIME Cache]\nimage/png=viewer.desktop;paint.desktop;\ntext/plain=edit.desktop;\n';

describe('mimeCacheText', () => {
  it('repeats every application of a type that a shadowed one has, in its order', () => {
    expect(mimeCacheText(undefined, [system], new Set(['paint.desktop']))).toBe(
      '[MIME Cache]\nimage/png=viewer.desktop;paint.desktop;\n',
    );
  });

  it('keeps what the folder has of its own, first', () => {
    const own = '[MIME Cache]\nimage/png=mine.desktop;\ntext/x=mine.desktop;\n';
    expect(mimeCacheText(own, [system], new Set(['viewer.desktop']))).toBe(
      '[MIME Cache]\nimage/png=mine.desktop;viewer.desktop;paint.desktop;\ntext/x=mine.desktop;\n',
    );
  });

  it('joins several folders, and associations added by their administrators', () => {
    const local = '[Added Associations]\ntext/plain=local.desktop\n[Default Applications]\ntext/plain=no.desktop\n';
    expect(mimeCacheText(undefined, [local, system], new Set(['edit.desktop']))).toBe(
      '[MIME Cache]\ntext/plain=local.desktop;edit.desktop;\n',
    );
  });

  it('takes no line for a header that only ends in one', () => {
    const odd = '[MIME Cache]\na/a=a.desktop\n[Other] [MIME Cache]\nb/b=a.desktop\n';
    expect(mimeCacheText(undefined, [odd], new Set(['a.desktop']))).not.toContain('b/b');
  });

  it('is not needed when no type is affected', () => {
    expect(mimeCacheText(undefined, [system], new Set(['other.desktop']))).toBeUndefined();
  });

  it('sorts the types', () => {
    const many = '[MIME Cache]\nc/c=a.desktop\na/a=a.desktop\nb/b=a.desktop\nd/d=a.desktop\n';
    const sorted = ['a/a', 'b/b', 'c/c', 'd/d'].map((type) => `${type}=a.desktop;\n`).join('');
    expect(mimeCacheText(undefined, [many], new Set(['a.desktop']))).toBe(`[MIME Cache]\n${sorted}`);
  });

  it('reads lines of the two groups only, and no comments', () => {
    const lines = [
      'x/before=a.desktop',
      ' [MIME Cache]',
      'x/indented=a.desktop',
      '[MIME Cache] x',
      'x/other=a.desktop',
      'x [MIME Cache]',
      '[MIME Cache]\t ',
      '#x/comment=a.desktop',
      '=a.desktop',
      'x/none',
      ' x/spaced = a.desktop ; ;b.desktop#;',
      '[Removed Associations]',
      'x/removed=a.desktop',
    ];
    expect(mimeCacheText(undefined, [lines.join('\n')], new Set(['a.desktop']))).toBe(
      '[MIME Cache]\nx/spaced=a.desktop;b.desktop#;\n',
    );
  });
});
