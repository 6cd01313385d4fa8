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

  it('is not needed when no type is affected', () => {
    expect(mimeCacheText(undefined, [system], new Set(['other.desktop']))).toBeUndefined();
  });
});
